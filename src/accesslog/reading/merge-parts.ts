import { maxBackends } from '../../tally/tally.js';
import type { LogGroup, LogResult } from '../log-result.js';
import { othersKey } from '../log-result.js';
import { countLines } from '../source/last-lines.js';
import type { Book } from './book.js';
import { fieldsOf } from './fields.js';
import { LogReader } from './log-reader.js';
import { MergedBooks } from './merged-books.js';
import type { LogPart, PartLines, PartResult, ReaderData } from './part-result.js';
import type { LogQuery } from './query.js';
import { keptUnmatched, type UnmatchedLine } from './unmatched.js';

/** Puts together what was read of a log: by one reader or several, in the order of its lines. */
export class PartMerger {
  readonly #query: LogQuery;
  /** Backends in the order of their first line. */
  readonly #addresses = new Set<string>();
  /** The values that get a group, likewise. */
  readonly #groupKeys = new Set<string>();
  readonly #data: ReaderData[] = [];
  #books: MergedBooks | undefined;
  #physicalLines = 0;
  readonly #unmatchedFirst: UnmatchedLine[] = [];
  readonly #notes: { file: string; text: string }[] = [];
  /** Lines of each file merged so far. */
  readonly #linesOf = new Map<string, number>();
  readonly #rests: { readonly file: string; readonly bytes: Uint8Array }[] = [];

  constructor(query: LogQuery) {
    this.#query = query;
  }

  /** Call in the order of the parts. */
  addPart({ file, startByte }: LogPart, part: PartResult): void {
    const before =
      this.#linesOf.get(file.path) ??
      part.linesBefore ??
      // Only a message needs to know how many lines were left out.
      (part.unmatchedFirst.length > 0 ? countLines(file.path, startByte) : 0);
    this.#addLines(file.path, part, before);
    for (const text of part.notes) this.#notes.push({ file: file.path, text });
    if (part.rest.length > 0) this.#rests.push({ file: file.path, bytes: part.rest });
  }

  /** Call once for each reader, in any order. */
  addData(data: ReaderData): void {
    this.#data.push(data);
  }

  /**
   * Whether readers of single parts cannot have known what to count apart: there were more backends or values of `by`
   * than find room.
   */
  get hasTooMany(): 'backends' | 'groups' | undefined {
    const isFull = this.#data.some(({ book }) => (book.tally.run.counters.backendOverflow ?? 0) > 0);
    if (isFull || this.#addresses.size > maxBackends) return 'backends';
    const hasOthers = this.#data.some(({ others }) => others !== undefined);
    return hasOthers || this.#groupKeys.size > this.#query.maxGroups ? 'groups' : undefined;
  }

  /** The values that get a group. */
  get groupKeys(): readonly string[] {
    return [...this.#groupKeys].slice(0, this.#query.maxGroups);
  }

  result(files: readonly string[]): LogResult {
    const books = new MergedBooks(this.#query, this.#addresses, this.groupKeys);
    this.#books = books;
    books.add(this.#data.splice(0));
    this.#addRests(books);
    books.settle();
    const { main, timeline } = books;
    const { tally } = main;
    const fields = fieldsOf(this.#query.format);
    const absolute = timeline.toTallyData();
    tally.timeline.addData(
      absolute.data,
      absolute.data.tracks.map((_, index) => index),
    );
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
      notProxied: main.notProxied,
      attempts:
        fields.upstreamAddr === undefined
          ? undefined
          : new Map(cells.map(({ address, count, counters }) => [address, count + counters.retries])),
      noLiveUpstreams: fields.upstreamAddr === undefined ? undefined : tally.counters.noBackendLeft,
      servedFinal:
        fields.upstreamAddr === undefined || fields.upstreamStatus === undefined
          ? undefined
          : new Map(
              cells.flatMap(({ address }, index) => {
                const count = main.servedFinal[index + 1] ?? 0;
                return count > 0 ? [[address, count] as const] : [];
              }),
            ),
      retryTimes: main.retryTimes,
      groups: [...books.groups].map(([key, book]) => groupOf(key, book)),
      others: books.others === undefined ? undefined : groupOf(othersKey, books.others),
      by: this.#query.by,
      physicalLines: this.#physicalLines,
      records: books.records,
      selected: books.selected,
      unmatched: { count: books.unmatched, first: unmatchedFirst },
      firstStartMs: books.firstStartMs,
      lastEndMs: books.lastEndMs,
      timelineStartMs: absolute.startMs,
      notes: this.#notes,
      files,
    };
  }

  /** Gives the memory of histograms back when the result is not wanted any more. */
  release(): void {
    this.#books?.release();
  }

  /** Unfinished last lines come last: which backends and pools are known decides whether they count. */
  #addRests(books: MergedBooks): void {
    for (const { file, bytes } of this.#rests.splice(0)) {
      const known = new Set(books.main.tally.cells.map(({ address }) => address));
      for (const name of [...this.#query.knownAddresses, ...books.pools]) known.add(name);
      const reader = new LogReader({ ...this.#query, groupKeys: [...books.groups.keys()] });
      reader.consumeRest(bytes, (name) => name !== '' && known.has(name));
      this.#addLines(file, reader.endPart(), this.#linesOf.get(file) ?? 0);
      books.add([reader.toData()]);
      reader.release();
    }
  }

  #addLines(file: string, part: PartLines, linesBefore: number): void {
    for (const address of part.addresses) this.#addresses.add(address);
    for (const key of part.groupKeys) this.#groupKeys.add(key);
    this.#physicalLines += part.lines;
    for (const line of part.unmatchedFirst) {
      if (this.#unmatchedFirst.length < 2 * keptUnmatched)
        this.#unmatchedFirst.push({ ...line, file, line: line.line + linesBefore });
    }
    this.#linesOf.set(file, linesBefore + part.lines);
  }
}

function groupOf(key: string, { tally, notProxied }: Book): LogGroup {
  return { key, tally, notProxied };
}
