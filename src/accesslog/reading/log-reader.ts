import { ByteCache } from '../../tally/byte-cache.js';
import { shapeOf } from '../log-format/shape.js';
import { upstreamMeaningOf } from '../log-format/upstream-meaning.js';
import type { LineMatcher } from '../scanner/line-matcher.js';
import { matcherFor } from '../scanner/matcher.js';
import { RecentValues } from '../scanner/recent-values.js';
import { SearchMatcher } from '../scanner/search-matcher.js';
import { TimeReader } from '../scanner/time-reader.js';
import type { AbsoluteTimelineData } from './absolute-timeline.js';
import type { BookData } from './book.js';
import { BookedMeaning } from './booked-meaning.js';
import { fieldsOf, type LogFields, type TextField } from './fields.js';
import { LineBooker } from './line-booker.js';
import type { LogQuery, SplitBy } from './query.js';
import { compileSelection, type LineTest } from './selector.js';
import { compileSplit, type KeyOfLine } from './splitter.js';
import { textOf } from './text-value.js';
import { type UnmatchedLine, UnmatchedLines } from './unmatched.js';

/** What one part of a log said. Survives a structured clone. */
export interface PartData {
  readonly book: BookData;
  readonly groups: readonly (readonly [key: string, BookData])[];
  /** Of values that got no table of their own. */
  readonly others: BookData | undefined;
  readonly timeline: AbsoluteTimelineData;
  readonly lines: number;
  readonly records: number;
  readonly selected: number;
  readonly unmatched: number;
  readonly unmatchedFirst: readonly Omit<UnmatchedLine, 'file'>[];
  readonly firstStartMs: number | undefined;
  readonly lastEndMs: number | undefined;
}

const lineFeed = 0x0a;
/** A record under `escape=none` can hold line breaks; longer than this it is given up. */
const maxRecordBytes = 64 * 1024;
const maxRecordLines = 64;

/**
 * Reads whole lines into a book. One of these reads a part of a log, or all of it. Await `prepareHistograms` before.
 */
export class LogReader {
  readonly booker: LineBooker;
  readonly unmatched = new UnmatchedLines();
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
  readonly #meanings = new ByteCache<BookedMeaning>();
  readonly #recent = new RecentValues<BookedMeaning>();
  #buffer: Uint8Array = new Uint8Array();
  #view = new DataView(this.#buffer.buffer);
  readonly #known: ReadonlySet<string>;
  /** The search that joins lines to records; `undefined` where a line is a record. */
  readonly #joins: SearchMatcher | undefined;
  /** Lines that may be the start of a record. */
  #open: { bytes: Buffer; lines: number } | undefined;

  /** @param line reads the lines; one reader at a time uses it, and the next one finds its code warm */
  constructor(query: LogQuery, line: LineMatcher = lineMatcherOf(query)) {
    this.#query = query;
    this.#fields = fieldsOf(query.format);
    this.#line = line;
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
    this.#known = new Set(query.knownAddresses);
    this.#joins = mode === 'none' && this.#line instanceof SearchMatcher ? this.#line : undefined;
  }

  /** Reads the lines in `[start, end)`; the last byte must be a line feed. */
  consume(buffer: Uint8Array, start: number, end: number): void {
    const line = this.#line;
    for (let position = start; position < end; position = line.next) {
      this.lines++;
      if (this.#joins !== undefined) {
        this.#joining(this.#joins, buffer, position);
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
   */
  consumeRest(rest: Uint8Array, isKnown: (address: string) => boolean): void {
    const buffer = Buffer.concat([rest, Buffer.of(lineFeed)]);
    this.lines++;
    const whole = this.#line.match(buffer, 0) && this.#isWhole(buffer, isKnown);
    if (!whole || !this.#record(buffer, this.#line))
      this.#miss(buffer, 0, 'expected a line break at the end, got a line that may be cut off');
  }

  /** Counts a line that is too long to be looked at. */
  skipped(lengthBytes: number, head: Uint8Array): void {
    this.lines++;
    const reason = `expected a line of reasonable length, got one of ${lengthBytes} bytes`;
    this.unmatched.record(this.lines, reason, head, 0, head.length);
  }

  /** Call at the end of a file: a record that was begun is not finished by the next one. */
  endFile(): void {
    this.#giveUpOpen();
  }

  /** What was read; a record that was begun is given up. */
  toData(): PartData {
    this.#giveUpOpen();
    return this.snapshot();
  }

  /** What was read so far. */
  snapshot(): PartData {
    this.booker.flush();
    const { main, groups, others, timeline, firstStartMs, lastEndMs } = this.booker;
    return {
      book: main.toData(),
      groups: [...groups].map(([key, book]) => [key, book.toData()] as const),
      others: others?.toData(),
      timeline: timeline.toData(),
      lines: this.lines,
      records: this.records,
      selected: this.selected,
      unmatched: this.unmatched.count,
      unmatchedFirst: this.unmatched.first,
      firstStartMs: firstStartMs === Number.POSITIVE_INFINITY ? undefined : firstStartMs,
      lastEndMs: lastEndMs === Number.NEGATIVE_INFINITY ? undefined : lastEndMs,
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

  /** Under `escape=none` a decoded value may hold line breaks, so lines are joined until a record is whole. */
  #joining(search: SearchMatcher, buffer: Uint8Array, position: number): void {
    const next = buffer.indexOf(lineFeed, position) + 1;
    if (this.#open !== undefined) {
      const joined = Buffer.concat([this.#open.bytes, buffer.subarray(position, next)]);
      const end = joined[joined.length - 2] === 0x0d ? joined.length - 2 : joined.length - 1;
      if (search.matchRange(joined, 0, end) && this.#record(joined, search)) {
        this.#open = undefined;
        search.next = next;
        return;
      }
      if (!search.match(buffer, position)) {
        this.#open.bytes = joined;
        this.#open.lines++;
        if (joined.length > maxRecordBytes || this.#open.lines > maxRecordLines) this.#giveUpOpen();
        search.next = next;
        return;
      }
      this.#giveUpOpen(1);
    }
    if (search.match(buffer, position) && this.#record(buffer, search)) return;
    search.next = next;
    this.#open = { bytes: Buffer.from(buffer.subarray(position, next)), lines: 1 };
  }

  /** @param behind lines that were counted after the open ones */
  #giveUpOpen(behind = 0): void {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return;
    const reason = this.#line.reason || 'expected a line of the format';
    this.unmatched.record(
      this.lines - behind - open.lines + 1,
      reason,
      open.bytes,
      0,
      open.bytes.length,
      open.lines,
    );
  }

  #isWhole(buffer: Uint8Array, isKnown: (address: string) => boolean): boolean {
    const { format } = this.#query;
    if ((format.literals.at(-1) as Uint8Array).length > 0) return true;
    const last = format.variables.length - 1;
    const name = format.variables[last] as string;
    if (shapeOf(name, format.escape).selfDelimiting === true) {
      const text = Buffer.from(
        buffer.subarray(this.#line.starts[last] as number, this.#line.ends[last] as number),
      ).toString('latin1');
      return text !== '' && shapeOf(name, format.escape).isValue?.(text) === true;
    }
    if (name !== 'upstream_addr') return false;
    const text = textOf(
      buffer,
      this.#line.starts[last] as number,
      this.#line.ends[last] as number,
      format.escape,
    );
    const meaning = upstreamMeaningOf(text, this.#known);
    return (
      meaning?.kind === 'served' && meaning.attempts.every((item) => item !== undefined && isKnown(item))
    );
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
      meaning = this.#meaningOf(
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

  #viewOf(buffer: Uint8Array): DataView {
    if (buffer !== this.#buffer) {
      this.#buffer = buffer;
      this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    }
    return this.#view;
  }

  #meaningOf(buffer: Uint8Array, start: number, end: number): BookedMeaning | undefined {
    const view = this.#viewOf(buffer);
    const recent = this.#recent.get(view, start, end);
    if (recent !== undefined) return recent;
    const meaning = this.#read(buffer, start, end);
    if (meaning !== undefined) this.#recent.set(view, start, end, meaning);
    return meaning;
  }

  #read(buffer: Uint8Array, start: number, end: number): BookedMeaning | undefined {
    const known = this.#meanings.get(buffer, start, end);
    if (known !== undefined) return known;
    const read = upstreamMeaningOf(textOf(buffer, start, end, this.#query.format.escape), this.#known);
    if (read === undefined) return undefined;
    const meaning = new BookedMeaning(read);
    this.#meanings.set(buffer, start, end, meaning);
    return meaning;
  }
}

/** What takes the lines of a query apart. */
export function lineMatcherOf(query: LogQuery): LineMatcher {
  return matcherFor(query.format, criticalNames(query, fieldsOf(query.format)));
}

/** What every reading of a line must agree on: what is counted, and what decides whether it is. */
function criticalNames(query: LogQuery, fields: LogFields): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (index: number | undefined) => {
    const name = index === undefined ? undefined : query.format.variables[index];
    if (name !== undefined) names.add(name);
  };
  const addField = (field: TextField | undefined) => add(field?.variable);
  add(fields.upstreamAddr);
  const { selection, by } = query;
  const uses = (split: SplitBy, patterns: readonly string[] | undefined) =>
    by === split || patterns !== undefined;
  if (uses('uri', selection.uri)) addField(fields.uri);
  if (uses('method', selection.method)) addField(fields.method);
  if (uses('host', selection.host)) addField(fields.host);
  if (uses('user-agent', selection.userAgent)) addField(fields.userAgent);
  if (uses('status', selection.status)) add(fields.status);
  return names;
}
