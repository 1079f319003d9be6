import { maxBackends } from '../../tally/tally.js';
import { fieldsOf } from '../dialect/dialects.js';
import { type FormatShare, type LogAnswer, othersKey, selectedFormats } from '../log-answer.js';
import { countLines } from '../source/last-lines.js';
import { BookReader, type Counted, type PartLines } from './book-reader.js';
import { mergedFrequencies } from './frequent-values.js';
import { allFormats, type LineQuestion } from './line-question.js';
import { LogBooks, resolutionMsOf } from './log-books.js';
import type { LogPart, PartResult } from './parts.js';
import { keptUnmatched, type UnmatchedLine } from './unmatched.js';
import { windowOf } from './window.js';

/** Puts together what was read of a log: by one reader or several, in the order of its lines. */
export class PartMerger {
  readonly #question: LineQuestion;
  /** Backends in the order of their first line. */
  readonly #addresses = new Set<string>();
  /** The values that get a group, likewise. */
  readonly #groupKeys = new Set<string>();
  readonly #counted: Counted[] = [];
  #books: LogBooks | undefined;
  #physicalLines = 0;
  readonly #unmatchedFirst: UnmatchedLine[] = [];
  readonly #notes: { file: string; text: string }[] = [];
  /** Lines of each file merged so far. */
  readonly #linesOf = new Map<string, number>();
  readonly #rests: { readonly file: string; readonly bytes: Uint8Array }[] = [];

  constructor(question: LineQuestion) {
    this.#question = question;
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

  /** Call once for each reader, in any order; its books must be there until `answer` is called. */
  addCounted(counted: Counted): void {
    this.#counted.push(counted);
  }

  /** How many readers counted. */
  get readers(): number {
    return this.#counted.length;
  }

  /**
   * Whether readers of single parts cannot have known what to count apart: there were more backends or values of `by`
   * than find room.
   */
  get hasTooMany(): 'backends' | 'groups' | undefined {
    const isFull = this.#counted.some(({ books }) => books.main.counters.backendOverflow > 0);
    if (isFull || this.#addresses.size > maxBackends) return 'backends';
    return this.#hasTooManyGroups ? 'groups' : undefined;
  }

  get #hasTooManyGroups(): boolean {
    const hasOthers = this.#counted.some(({ books }) => books.others !== undefined);
    return hasOthers || this.#groupKeys.size > this.#question.maxGroups;
  }

  /** The values that get a table, and how many records any other has at most: in the order of their first line, or the frequent ones. */
  get groupKeys(): Pick<LineQuestion, 'groupKeys' | 'othersAtMost'> {
    const { groupKeys, othersAtMost, maxGroups } = this.#question;
    if (groupKeys.length > 0) return { groupKeys, othersAtMost };
    if (!this.#hasTooManyGroups) return { groupKeys: [...this.#groupKeys], othersAtMost: undefined };
    const all = mergedFrequencies(this.#counted.map(({ books }) => books.frequencies));
    return {
      groupKeys: all.values.slice(0, maxGroups).map(([key]) => key),
      othersAtMost: all.values[maxGroups]?.[1] ?? all.othersAtMost,
    };
  }

  /** How many records of a value were counted among the others, at most. */
  #mayLack(key: string): number {
    if (this.#question.groupKeys.length > 0) return 0;
    return total(
      this.#counted.map(({ books }) => {
        if (books.groups.has(key)) return books.mayLack.get(key) ?? 0;
        const { values, othersAtMost } = books.frequencies;
        return values.find(([value]) => value === key)?.[1] ?? othersAtMost;
      }),
    );
  }

  /** Whether lines were left unread for want of histograms. */
  get wantsTimes(): boolean {
    return this.#counted.some(({ counts }) => counts.wantsTimes);
  }

  answer(files: readonly string[]): LogAnswer {
    const { formats, maxGroups, by, selection } = this.#question;
    const pools = this.#pools();
    const isPool = (name: string) => pools.has(name);
    const addresses = [...this.#addresses].filter((address) => !isPool(address));
    const { groupKeys, othersAtMost } = this.groupKeys;
    const books = new LogBooks(resolutionMsOf(formats.seen), maxGroups, groupKeys, addresses);
    const lacking = new Map(groupKeys.map((key) => [key, this.#mayLack(key)]));
    this.#books = books;
    books.add(
      this.#counted.map((counted) => counted.books),
      isPool,
    );
    this.#addRests(books, isPool);
    const tally = books.main;
    for (const one of [tally, ...books.groups.values()]) one.close();
    books.others?.close();
    const cells = tally.cells.slice(1);
    const order = new Map(files.map((file, index) => [file, index]));
    const unmatchedFirst = this.#unmatchedFirst
      .sort(
        (one, other) => (order.get(one.file) ?? 0) - (order.get(other.file) ?? 0) || one.line - other.line,
      )
      .slice(0, keptUnmatched);
    const shares = this.#shares();
    const told = selectedFormats({ formats: shares }).filter(
      ({ format }) => fieldsOf(format).backend !== undefined,
    );
    const tellsBackend = told.length > 0;
    const tellsServed = told.every(({ format }) => fieldsOf(format).attemptStatus !== undefined);
    return {
      format: (shares[0] as FormatShare).format,
      formats: shares,
      tally,
      attempts: tellsBackend
        ? new Map(cells.map(({ address, count, counters }) => [address, count + counters.retries]))
        : undefined,
      noLiveUpstreams: tellsBackend ? tally.counters.noBackendLeft : undefined,
      servedFinal:
        tellsBackend && tellsServed
          ? new Map(
              cells.flatMap(({ address, counters }) =>
                counters.servedFinal > 0 ? [[address, counters.servedFinal] as const] : [],
              ),
            )
          : undefined,
      groups: [...books.groups].map(([key, group]) => ({
        key,
        tally: group,
        mayLack: lacking.get(key) ?? 0,
      })),
      others: books.others === undefined ? undefined : { key: othersKey, tally: books.others, mayLack: 0 },
      othersAtMost: books.others === undefined ? undefined : othersAtMost,
      by,
      physicalLines: this.#physicalLines,
      records: total(shares.map(({ records }) => records)),
      selected: total(shares.map(({ selected }) => selected)),
      unmatched: {
        count: total(this.#counted.map(({ counts }) => counts.unmatched)),
        first: unmatchedFirst,
      },
      window: windowOf(
        this.#counted.map(({ counts }) => counts.times),
        selection,
      ),
      firstStartMs: Number.isFinite(books.firstStartMs) ? books.firstStartMs : undefined,
      notes: this.#notes,
      files,
    };
  }

  /** Gives the memory of the readers' histograms back. */
  releaseCounted(): void {
    for (const { books } of this.#counted) books.release();
  }

  /** Gives the memory of histograms back when the answer is not wanted any more. */
  release(): void {
    this.#books?.release();
  }

  /** By format, the one of most selected requests first. */
  #shares(): FormatShare[] {
    const shares = allFormats(this.#question.formats).map((format, index) => ({
      format,
      records: total(this.#counted.map(({ counts }) => counts.formats[index]?.records ?? 0)),
      selected: total(this.#counted.map(({ counts }) => counts.formats[index]?.selected ?? 0)),
    }));
    const used = shares.filter(({ records }) => records > 0);
    if (used.length === 0) return shares.slice(0, 1);
    return used.sort((one, other) => other.selected - one.selected || other.records - one.records);
  }

  /**
   * The names in place of addresses that are no backends': no line proves them so. A status of the request alone proves a
   * name only in a log that has no addresses, because nginx may answer with any status (`error_page`) for a pool without
   * backends.
   */
  #pools(): ReadonlySet<string> {
    const seen = this.#counted.flatMap(({ counts }) => counts.names);
    const names = new Set(seen.flatMap(({ all }) => all));
    const hasAddresses = [...this.#addresses].some((address) => !names.has(address));
    const backends = new Set([
      ...this.#question.knownAddresses,
      ...seen.flatMap(({ proven, likely }) => (hasAddresses ? proven : [...proven, ...likely])),
    ]);
    for (const name of this.#question.poolNames) backends.delete(name);
    return new Set([...names].filter((name) => !backends.has(name)));
  }

  /** Unfinished last lines come last: which backends and pools are known decides whether they count. */
  #addRests(books: LogBooks, isPool: (name: string) => boolean): void {
    for (const { file, bytes } of this.#rests.splice(0)) {
      const known = new Set(books.main.cells.map(({ address }) => address));
      for (const { counts } of this.#counted)
        for (const { all } of counts.names) for (const name of all) known.add(name);
      for (const name of this.#question.knownAddresses) known.add(name);
      const reader = new BookReader({ ...this.#question, groupKeys: [...books.groups.keys()] });
      reader.startFile(file);
      reader.consumeRest(bytes, (name) => name !== '' && known.has(name));
      this.#addLines(file, reader.endPart(), this.#linesOf.get(file) ?? 0);
      const counted = reader.counted();
      this.addCounted(counted);
      books.add([counted.books], isPool);
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

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
