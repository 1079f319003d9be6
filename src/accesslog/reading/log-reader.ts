import { addressesLikeLists } from '../../nginx/upstream-variables.js';
import type { LineMatcher } from '../scanner/line-matcher.js';
import { SearchMatcher } from '../scanner/search-matcher.js';
import { TimeReader } from '../scanner/time-reader.js';
import type { BookedMeaning } from './booked-meaning.js';
import { fieldsOf, type LogFields } from './fields.js';
import { LineBooker } from './line-booker.js';
import type { PartLines, ReaderData } from './part-result.js';
import type { LogQuery } from './query.js';
import { lineMatcherOf } from './query-matcher.js';
import { RecordJoiner } from './record-joiner.js';
import { compileSelection, type LineTest } from './selector.js';
import { compileSplit, type KeyOfLine } from './splitter.js';
import { UnmatchedLines } from './unmatched.js';
import { UpstreamValues } from './upstream-values.js';
import { isWholeLine } from './whole-line.js';

const lineFeed = 0x0a;

/**
 * Reads whole lines into books: one part of a log after the other, or all of it. Await `prepareHistograms` before.
 */
export class LogReader {
  readonly booker: LineBooker;
  readonly unmatched = new UnmatchedLines();
  /** Of the present part. */
  lines = 0;
  records = 0;
  selected = 0;

  readonly #query: LogQuery;
  readonly #fields: LogFields;
  readonly #line: LineMatcher;
  readonly #time: TimeReader | undefined;
  readonly #isTimeVersioned: boolean;
  readonly #test: LineTest | undefined;
  readonly #keyOf: KeyOfLine | undefined;
  readonly #upstreams: UpstreamValues;
  readonly #sockets: readonly string[];
  /** Joins lines to records; `undefined` where a line is a record. */
  readonly #joiner: RecordJoiner | undefined;
  /** Backends and groups told with the parts before. */
  #toldCells = 1;
  #toldGroups = 0;

  constructor(query: LogQuery) {
    this.#query = query;
    this.#fields = fieldsOf(query.format);
    this.#line = lineMatcherOf(query);
    this.#time = this.#fields.time === undefined ? undefined : new TimeReader(this.#fields.time.name);
    this.#isTimeVersioned =
      this.#fields.time !== undefined && this.#line.isVersioned(this.#fields.time.variable);
    this.booker = new LineBooker(
      this.#fields,
      this.#time,
      query.by !== undefined,
      query.maxGroups,
      query.groupKeys,
    );
    const mode = query.format.escape;
    this.#test = compileSelection(query.selection, this.#fields, mode);
    this.#keyOf = query.by === undefined ? undefined : compileSplit(query.by, this.#fields, mode, this.#time);
    this.#sockets = addressesLikeLists(query.knownAddresses);
    this.#upstreams = new UpstreamValues(mode, this.#sockets);
    const line = this.#line;
    if (mode === 'none' && line instanceof SearchMatcher)
      this.#joiner = new RecordJoiner(line, (buffer) => this.#record(buffer, line), this.unmatched);
  }

  /** Reads the lines in `[start, end)`; the last byte must be a line feed. */
  consume(buffer: Uint8Array, start: number, end: number): void {
    const line = this.#line;
    for (let position = start; position < end; position = line.next) {
      this.lines++;
      if (this.#joiner !== undefined) {
        this.#joiner.read(buffer, position, this.lines);
      } else if (line.match(buffer, position) || this.#behindNuls(buffer, position)) {
        if (!this.#record(buffer, line))
          this.#miss(buffer, position, 'expected values as nginx writes them, got others');
      } else {
        const isEmpty = line.next - position <= 1;
        this.#miss(buffer, position, isEmpty ? 'expected a line, got an empty one' : line.reason);
      }
    }
  }

  /**
   * Reads the bytes behind the last line feed. nginx writes whole lines, so these were cut off somewhere; they count
   * only when it is certain that nothing but the line feed is missing.
   *
   * @param isKnown of the address of a backend or the name of a pool: whether it was seen or is configured
   */
  consumeRest(rest: Uint8Array, isKnown: (name: string) => boolean): void {
    const buffer = Buffer.concat([rest, Buffer.of(lineFeed)]);
    this.lines++;
    const isWhole =
      this.#line.match(buffer, 0) &&
      isWholeLine(this.#query.format, buffer, this.#line, this.#sockets, isKnown);
    if (!isWhole || !this.#record(buffer, this.#line))
      this.#miss(buffer, 0, 'expected a line break at the end, got a line that may be cut off');
  }

  /** Counts a line that is too long to be looked at. */
  skipped(lengthBytes: number, head: Uint8Array): void {
    this.lines++;
    const reason = `expected a line of reasonable length, got one of ${lengthBytes} bytes`;
    this.unmatched.record(this.lines, reason, head, 0, head.length);
  }

  /** Ends a part: a record that was begun is not finished by the next one. */
  endPart(): PartLines {
    this.#joiner?.giveUp(this.lines);
    const lines = this.partSoFar();
    this.lines = 0;
    this.unmatched.first = [];
    this.#toldCells = this.booker.main.tally.cells.length;
    this.#toldGroups = this.booker.groups.size;
    return lines;
  }

  partSoFar(): PartLines {
    const { main, groups } = this.booker;
    return {
      lines: this.lines,
      unmatchedFirst: this.unmatched.first,
      addresses: main.tally.cells.slice(this.#toldCells).map(({ address }) => address),
      groupKeys: [...groups.keys()].slice(this.#toldGroups),
    };
  }

  /** What was counted so far, in all parts. */
  toData(): ReaderData {
    this.booker.flush();
    const { main, groups, others, timeline, span } = this.booker;
    return {
      book: main.toData(),
      groups: [...groups].map(([key, book]) => [key, book.toData()] as const),
      others: others?.toData(),
      timeline: timeline.toData(),
      records: this.records,
      selected: this.selected,
      unmatched: this.unmatched.count,
      pools: [...this.#upstreams.pools],
      firstStartMs: span.firstStartMs,
      lastEndMs: span.lastEndMs,
    };
  }

  release(): void {
    this.booker.release();
  }

  #miss(buffer: Uint8Array, position: number, reason: string): void {
    this.unmatched.record(this.lines, reason, buffer, position, this.#line.next);
  }

  /** After a crash or a copytruncate a line can follow a run of NUL bytes. */
  #behindNuls(buffer: Uint8Array, position: number): boolean {
    let at = position;
    while (buffer[at] === 0) at++;
    if (at === position) return false;
    return this.#line.match(buffer, at);
  }

  /** Books a line that matched; false when a value in it is none that nginx writes. */
  #record(buffer: Uint8Array, line: LineMatcher): boolean {
    const fields = this.#fields;
    const { starts, ends } = line;
    let status: number | undefined;
    if (fields.status !== undefined) {
      const at = starts[fields.status] as number;
      status =
        ((buffer[at] as number) - 0x30) * 100 +
        ((buffer[at + 1] as number) - 0x30) * 10 +
        ((buffer[at + 2] as number) - 0x30);
      if (!(status >= 0 && status <= 999)) return false;
    }
    if (fields.time !== undefined && this.#time !== undefined) {
      const { variable } = fields.time;
      const version = this.#isTimeVersioned ? line.version : -1;
      if (!this.#time.read(buffer, starts[variable] as number, ends[variable] as number, version))
        return false;
    }
    let meaning: BookedMeaning | undefined;
    if (fields.upstreamAddr !== undefined) {
      meaning = this.#upstreams.meaningOf(
        buffer,
        starts[fields.upstreamAddr] as number,
        ends[fields.upstreamAddr] as number,
      );
      if (meaning === undefined) return false;
    }
    this.records++;
    if (this.#test !== undefined && !this.#test(buffer, line, status, this.#time)) return true;
    this.selected++;
    const key = this.#keyOf?.(buffer, line, status);
    this.booker.book(buffer, line, status, meaning, key);
    return true;
  }
}
