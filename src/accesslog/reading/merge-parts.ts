import type { LogGroup, LogResult } from '../log-result.js';
import { othersKey } from '../log-result.js';
import { countLines } from '../source/last-lines.js';
import { AbsoluteTimeline, type AbsoluteTimelineData } from './absolute-timeline.js';
import { Book } from './book.js';
import { fieldsOf } from './fields.js';
import { tallyShapeOf } from './line-booker.js';
import { LogReader, type PartData } from './log-reader.js';
import type { LogQuery } from './query.js';
import type { LogPart, PartResult } from './read-part.js';
import { keptUnmatched, type UnmatchedLine } from './unmatched.js';

/** Puts the parts of a log together, in the order of its lines. */
export class PartMerger {
  readonly #query: LogQuery;
  readonly #main: Book;
  readonly #groups = new Map<string, Book>();
  #others: Book | undefined;
  #timeline: AbsoluteTimeline | undefined;
  #physicalLines = 0;
  #records = 0;
  #selected = 0;
  #unmatched = 0;
  readonly #unmatchedFirst: UnmatchedLine[] = [];
  #firstStartMs: number | undefined;
  #lastEndMs: number | undefined;
  readonly #notes: { file: string; text: string }[] = [];
  /** Lines of each file merged so far. */
  readonly #linesOf = new Map<string, number>();
  readonly #rests: { readonly file: string; readonly bytes: Uint8Array }[] = [];

  constructor(query: LogQuery) {
    this.#query = query;
    this.#main = new Book(this.#shape);
  }

  get #shape() {
    return tallyShapeOf(fieldsOf(this.#query.format));
  }

  add({ file, startByte }: LogPart, { data, linesBefore, rest, notes }: PartResult): void {
    const before =
      this.#linesOf.get(file.path) ??
      linesBefore ??
      // Only a message needs to know how many lines were left out.
      (data.unmatchedFirst.length > 0 ? countLines(file.path, startByte) : 0);
    this.#addData(file.path, data, before);
    for (const text of notes) this.#notes.push({ file: file.path, text });
    if (rest.length > 0) this.#rests.push({ file: file.path, bytes: rest });
  }

  /** Whether some value of `by` got no group although another part may have counted it in one. */
  get hasOverflow(): boolean {
    return this.#others !== undefined;
  }

  /** The values that get a group. */
  get groupKeys(): readonly string[] {
    return [...this.#groups.keys()];
  }

  result(files: readonly string[]): LogResult {
    this.#addRests();
    const tally = this.#main.tally;
    const fields = fieldsOf(this.#query.format);
    tally.close();
    const timeline = this.#timeline?.toTallyData();
    if (timeline !== undefined) {
      tally.timeline.addData(
        timeline.data,
        timeline.data.tracks.map((_, index) => index),
      );
    }
    const cells = tally.cells.slice(1);
    const order = new Map(files.map((file, index) => [file, index]));
    const unmatchedFirst = this.#unmatchedFirst
      .sort(
        (one, other) => (order.get(one.file) ?? 0) - (order.get(other.file) ?? 0) || one.line - other.line,
      )
      .slice(0, keptUnmatched);
    return {
      format: this.#query.format,
      tally,
      notProxied: this.#main.notProxied,
      attempts:
        fields.upstreamAddr === undefined
          ? undefined
          : new Map(cells.map(({ address, count, retries }) => [address, count + retries])),
      noLiveUpstreams: fields.upstreamAddr === undefined ? undefined : tally.noBackendLeft,
      servedFinal:
        fields.upstreamAddr === undefined || fields.upstreamStatus === undefined
          ? undefined
          : new Map(
              cells.flatMap(({ address }, index) => {
                const count = this.#main.servedFinal[index + 1] ?? 0;
                return count > 0 ? [[address, count] as const] : [];
              }),
            ),
      retryTimes: this.#main.retryTimes,
      groups: [...this.#groups].map(([key, book]) => groupOf(key, book)),
      others: this.#others === undefined ? undefined : groupOf(othersKey, this.#others),
      by: this.#query.by,
      physicalLines: this.#physicalLines,
      records: this.#records,
      selected: this.#selected,
      unmatched: { count: this.#unmatched, first: unmatchedFirst },
      firstStartMs: this.#firstStartMs,
      lastEndMs: this.#lastEndMs,
      timelineStartMs: timeline?.startMs,
      notes: this.#notes,
      files,
    };
  }

  /** Gives the memory of histograms back when the result is not wanted. */
  release(): void {
    this.#main.release();
    for (const book of this.#groups.values()) book.release();
    this.#others?.release();
  }

  /** Unfinished last lines come last: which addresses are known decides whether they count. */
  #addRests(): void {
    for (const { file, bytes } of this.#rests.splice(0)) {
      const known = new Set(this.#main.tally.cells.map(({ address }) => address));
      for (const address of this.#query.knownAddresses) known.add(address);
      const reader = new LogReader({ ...this.#query, groupKeys: this.groupKeys });
      reader.consumeRest(bytes, (address) => address !== '' && known.has(address));
      this.#addData(file, reader.toData(), this.#linesOf.get(file) ?? 0);
      reader.release();
    }
  }

  #addData(file: string, data: PartData, linesBefore: number): void {
    const cells = this.#main.add(data.book);
    this.#addTimeline(data.timeline, cells);
    for (const [key, book] of data.groups) this.#groupFor(key).add(book);
    if (data.others !== undefined) {
      this.#others ??= new Book(this.#shape);
      this.#others.add(data.others);
    }
    this.#physicalLines += data.lines;
    this.#records += data.records;
    this.#selected += data.selected;
    this.#unmatched += data.unmatched;
    for (const line of data.unmatchedFirst) {
      if (this.#unmatchedFirst.length < 2 * keptUnmatched)
        this.#unmatchedFirst.push({ ...line, file, line: line.line + linesBefore });
    }
    this.#linesOf.set(file, linesBefore + data.lines);
    this.#firstStartMs = least(this.#firstStartMs, data.firstStartMs);
    this.#lastEndMs = greatest(this.#lastEndMs, data.lastEndMs);
  }

  #groupFor(key: string): Book {
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    if (this.#groups.size < this.#query.maxGroups) {
      const book = new Book(this.#shape);
      this.#groups.set(key, book);
      return book;
    }
    this.#others ??= new Book(this.#shape);
    return this.#others;
  }

  #addTimeline(data: AbsoluteTimelineData, cells: readonly number[]): void {
    // A part's shortest slice is that of the times' resolution.
    this.#timeline ??= new AbsoluteTimeline(fieldsOf(this.#query.format).time?.name === 'msec' ? 1 : 1000);
    while (this.#timeline.tracks.length < this.#main.tally.cells.length) this.#timeline.addTrack();
    this.#timeline.addData(data, cells);
  }
}

function groupOf(key: string, book: Book): LogGroup {
  book.tally.close();
  return { key, tally: book.tally, notProxied: book.notProxied };
}

function least(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined ? other : other === undefined ? one : Math.min(one, other);
}

function greatest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined ? other : other === undefined ? one : Math.max(one, other);
}
