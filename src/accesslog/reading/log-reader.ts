import type { LogFormat } from '../../nginx/log-format.js';
import { addressesLikeLists } from '../../nginx/upstream-variables.js';
import type { LogFields, TextField } from '../dialect/dialect.js';
import { dialectOf, fieldsOf } from '../dialect/dialects.js';
import type { LineMatcher } from '../scanner/line-matcher.js';
import { matcherFor } from '../scanner/matcher.js';
import { SearchMatcher } from '../scanner/search-matcher.js';
import { TimeReader } from '../scanner/time-reader.js';
import { KnownAttempts, type ToldAttempts } from './known-attempts.js';
import type { LineQuestion, SplitBy } from './line-question.js';
import { RecordJoiner } from './record-joiner.js';
import { compileSelection, type LineTest } from './selector.js';
import { textOf } from './text-value.js';
import { UnmatchedLines } from './unmatched.js';

const lineFeed = 0x0a;

/** What records are read for: to be booked, or to be replayed. */
export interface RecordSink {
  /**
   * Takes a record that was selected; `LineValues.time` stands at it.
   *
   * @param status `undefined` when the line does not tell
   * @param attempts `undefined` when the format does not tell them
   */
  take(
    buffer: Uint8Array,
    line: LineMatcher,
    status: number | undefined,
    attempts: ToldAttempts | undefined,
  ): void;
}

/** What a sink can read of the line that it is given. */
export interface LineValues {
  readonly format: LogFormat;
  readonly fields: LogFields;
  /** `undefined` when the format has no time. */
  readonly time: TimeReader | undefined;
}

/** What was seen of a log beside the records that were taken. */
export interface LineCounts {
  records: number;
  selected: number;
  unmatched: number;
  /** Names of pools that had no backend left. */
  pools: readonly string[];
}

/**
 * Reads whole lines and gives their records to a sink: one part of a log after the other, or all of it. Await
 * `prepareHistograms` before where the sink keeps times.
 */
export class LogReader<S extends RecordSink = RecordSink> {
  readonly sink: S;
  readonly unmatched = new UnmatchedLines();
  /** Of the present part. */
  lines = 0;

  readonly #question: LineQuestion;
  readonly #fields: LogFields;
  readonly #line: LineMatcher;
  readonly #time: TimeReader | undefined;
  readonly #isTimeVersioned: boolean;
  readonly #test: LineTest | undefined;
  readonly #attempts: KnownAttempts | undefined;
  readonly #sockets: readonly string[];
  /** Joins lines to records; `undefined` where a line is a record. */
  readonly #joiner: RecordJoiner | undefined;
  #records = 0;
  #selected = 0;

  /** @param variables names of what the sink reads besides, on which all readings of an uncertain line must agree */
  constructor(question: LineQuestion, sinkFor: (values: LineValues) => S, variables: readonly string[] = []) {
    this.#question = question;
    const { format } = question;
    const fields = fieldsOf(format);
    this.#fields = fields;
    this.#sockets = addressesLikeLists(question.knownAddresses);
    const critical = new Set([...criticalNames(question, fields), ...variables]);
    this.#line = matcherFor(format, critical, this.#sockets);
    this.#time = fields.time === undefined ? undefined : new TimeReader(fields.time.clock);
    this.#isTimeVersioned = fields.time !== undefined && this.#line.isVersioned(fields.time.variable);
    this.#test = compileSelection(question.selection, fields, format);
    if (fields.backend !== undefined)
      this.#attempts = new KnownAttempts(format, fields.backend, this.#sockets);
    this.sink = sinkFor({ format, fields, time: this.#time });
    const line = this.#line;
    if (format.escape === 'none' && line instanceof SearchMatcher)
      this.#joiner = new RecordJoiner(line, (buffer) => this.#record(buffer, line), this.unmatched);
  }

  /** In all parts. */
  get counts(): LineCounts {
    return {
      records: this.#records,
      selected: this.#selected,
      unmatched: this.unmatched.count,
      pools: [...(this.#attempts?.pools ?? [])],
    };
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
          this.#miss(
            buffer,
            position,
            `expected values as ${dialectOf(this.#question.format).name} writes them, got others`,
          );
      } else {
        const isEmpty = line.next - position <= 1;
        this.#miss(buffer, position, isEmpty ? 'expected a line, got an empty one' : line.reason);
      }
    }
  }

  /**
   * Reads the bytes behind the last line feed. Balancers write whole lines, so these were cut off somewhere; they count
   * only when it is certain that nothing but the line feed is missing.
   *
   * @param isKnown of the address of a backend or the name of a pool: whether it was seen or is configured
   */
  consumeRest(rest: Uint8Array, isKnown: (name: string) => boolean): void {
    const buffer = Buffer.concat([rest, Buffer.of(lineFeed)]);
    this.lines++;
    const isWhole = this.#line.match(buffer, 0) && this.#isWholeLine(buffer, isKnown);
    if (!isWhole || !this.#record(buffer, this.#line))
      this.#miss(buffer, 0, 'expected a line break at the end, got a line that may be cut off');
  }

  /** Counts a line that is too long to be looked at. */
  skipped(lengthBytes: number, head: Uint8Array): void {
    this.lines++;
    const reason = `expected a line of reasonable length, got one of ${lengthBytes} bytes`;
    this.unmatched.record(this.lines, reason, head, 0, head.length);
  }

  /** At the end of a part: a record that was begun is not finished by the next one. */
  finishRecord(): void {
    this.#joiner?.giveUp(this.lines);
  }

  /** Numbers lines anew. */
  startPart(): void {
    this.lines = 0;
    this.unmatched.first = [];
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

  /** Gives a line that matched to the sink; false when a value in it is none that the balancer writes. */
  #record(buffer: Uint8Array, line: LineMatcher): boolean {
    const fields = this.#fields;
    const { starts, ends } = line;
    let status: number | undefined;
    if (fields.status !== undefined) {
      const at = starts[fields.status] as number;
      if ((ends[fields.status] as number) - at === 3) {
        status =
          ((buffer[at] as number) - 0x30) * 100 +
          ((buffer[at + 1] as number) - 0x30) * 10 +
          ((buffer[at + 2] as number) - 0x30);
        if (!(status >= 0 && status <= 999)) return false;
      }
    }
    if (fields.time !== undefined && this.#time !== undefined) {
      const { variable } = fields.time;
      const version = this.#isTimeVersioned ? line.version : -1;
      if (!this.#time.read(buffer, starts[variable] as number, ends[variable] as number, version))
        return false;
    }
    let attempts: ToldAttempts | undefined;
    if (this.#attempts !== undefined) {
      attempts = this.#attempts.of(buffer, line);
      if (attempts === undefined) return false;
    }
    this.#records++;
    if (this.#test !== undefined && !this.#test(buffer, line, status, this.#time)) return true;
    this.#selected++;
    this.sink.take(buffer, line, status, attempts);
    return true;
  }

  /**
   * Whether a line that matched is certainly whole although its line feed is missing: the format's last text stands at
   * its end, or a last value that would not be one with a byte less, or backends and pools that are known.
   */
  #isWholeLine(buffer: Uint8Array, isKnown: (name: string) => boolean): boolean {
    const { format } = this.#question;
    if ((format.literals.at(-1) as Uint8Array).length > 0) return true;
    const last = format.variables.length - 1;
    const name = format.variables[last] as string;
    const [start, end] = [this.#line.starts[last] as number, this.#line.ends[last] as number];
    const dialect = dialectOf(format);
    const { backend } = this.#fields;
    if (backend?.length === 1 && backend[0] === last) {
      const text = textOf(buffer, start, end, format);
      // No address begins like that.
      if (text === '-') return true;
      const attempts = dialect.attemptsOf({ [name]: text }, this.#sockets);
      if (attempts?.kind !== 'served' && attempts?.kind !== 'none-left') return false;
      const { backends, pool } = attempts;
      const names = pool === undefined ? backends : [...backends.slice(0, -1), pool];
      return names.every((one) => one !== undefined && isKnown(one));
    }
    const { selfDelimiting, isValue } = dialect.shapeOf(name, format.escape, this.#sockets);
    const text = Buffer.from(buffer.subarray(start, end)).toString('latin1');
    return selfDelimiting === true && text !== '' && isValue?.(text) === true;
  }
}

/** What every reading of a line must agree on: what is counted, and what decides whether it is. */
function criticalNames({ format, selection, by }: LineQuestion, fields: LogFields): string[] {
  const indexes: (number | undefined)[] = [...(fields.backend ?? [])];
  const addField = (field: TextField | undefined) => indexes.push(field?.variable);
  const uses = (split: SplitBy, patterns: readonly string[] | undefined) =>
    by === split || patterns !== undefined;
  if (uses('uri', selection.uri)) addField(fields.uri);
  if (uses('method', selection.method)) addField(fields.method);
  if (uses('host', selection.host)) addField(fields.host);
  if (uses('user-agent', selection.userAgent)) addField(fields.userAgent);
  if (uses('status', selection.status)) indexes.push(fields.status);
  return indexes.flatMap((index) => (index === undefined ? [] : [format.variables[index] as string]));
}
