import type { LogFormat } from '../nginx/log-format.js';
import { ByteCache } from '../text/byte-cache.js';
import { unescapeValue } from './log-format/escape.js';
import { type UpstreamMeaning, upstreamMeaningOf } from './log-format/upstream-meaning.js';
import { isList, timesOf } from './reading/attempt-times.js';
import { fieldsOf, type LogFields, type TextField } from './reading/fields.js';
import { type Bounds, narrow, textOf } from './reading/text-value.js';
import { type UnmatchedLine, UnmatchedLines } from './reading/unmatched.js';
import type { LineMatcher } from './scanner/line-matcher.js';
import { matcherFor } from './scanner/matcher.js';
import { microseconds } from './scanner/numbers.js';
import { TimeReader } from './scanner/time-reader.js';
import { LineFeeder, type LineSink } from './source/line-feeder.js';
import type { LogFile } from './source/log-file.js';
import { type OpenStream, readStream } from './source/read-stream.js';

/** A request as its line in a log tells it; texts hold one character a byte, as received. */
export interface LoggedRequest {
  /** Empty where the line has none. */
  readonly method: string;
  readonly uri: string;
  /** Values of the variables asked for; what was not set is missing. */
  readonly values: Readonly<Record<string, string>>;
  /** What `$upstream_addr` says; `undefined` when the format does not carry it. */
  readonly upstream: UpstreamMeaning | undefined;
  /** Milliseconds since 1970 of its end. */
  readonly endMs: number | undefined;
  /** `$request_time`. */
  readonly requestMs: number | undefined;
  /** `$upstream_response_time` of the last attempt. */
  readonly upstreamMs: number | undefined;
}

/**
 * Reads the requests of one log, some at a time, in the order of its lines.
 *
 * @throws LbbenchError when the file cannot be read
 */
export class LoggedRequests {
  readonly unmatched: { readonly count: number; readonly first: readonly Omit<UnmatchedLine, 'file'>[] };
  /** Why the log was not read to its end; `undefined` when it was. */
  damage: string | undefined;
  readonly #reader: RequestReader;

  /** @param variables names without `$` of what `values` shall hold, as far as the format carries it */
  constructor(
    readonly file: LogFile,
    format: LogFormat,
    variables: readonly string[],
  ) {
    this.#reader = new RequestReader(format, variables);
    this.unmatched = this.#reader.unmatched;
  }

  async *read(open: OpenStream): AsyncGenerator<readonly LoggedRequest[]> {
    const feeder = new LineFeeder(this.#reader);
    const onDamage = (reason: string) => {
      this.damage = reason;
    };
    for await (const chunk of readStream(this.file, open, onDamage)) {
      feeder.push(chunk);
      yield this.#reader.take();
    }
    const rest = feeder.takeRest();
    if (rest.length > 0) feeder.push(Buffer.concat([rest, Buffer.from('\n')]));
    yield this.#reader.take();
  }
}

class RequestReader implements LineSink {
  readonly unmatched = new UnmatchedLines();
  readonly #format: LogFormat;
  readonly #fields: LogFields;
  readonly #line: LineMatcher;
  readonly #time: TimeReader | undefined;
  readonly #variables: readonly { readonly name: string; readonly index: number }[];
  readonly #meanings = new ByteCache<UpstreamMeaning>();
  #requests: LoggedRequest[] = [];
  #viewed: Uint8Array | undefined;
  #view: Buffer = Buffer.alloc(0);
  #lines = 0;

  constructor(format: LogFormat, variables: readonly string[]) {
    this.#format = format;
    this.#fields = fieldsOf(format);
    this.#variables = variables
      .map((name) => ({ name, index: format.variables.indexOf(name) }))
      .filter(({ index }) => index >= 0);
    const { uri, upstreamAddr, time } = this.#fields;
    const critical = [uri?.variable, upstreamAddr].flatMap((index) =>
      index === undefined ? [] : [format.variables[index] as string],
    );
    this.#line = matcherFor(format, new Set([...critical, ...this.#variables.map(({ name }) => name)]));
    this.#time = time === undefined ? undefined : new TimeReader(time.name);
  }

  /** The requests read since the last call. */
  take(): readonly LoggedRequest[] {
    const requests = this.#requests;
    this.#requests = [];
    return requests;
  }

  consume(buffer: Uint8Array, start: number, end: number): void {
    const line = this.#line;
    for (let position = start; position < end; position = line.next) {
      this.#lines++;
      const request = line.match(buffer, position) ? this.#request(buffer) : undefined;
      if (request === undefined) this.unmatched.record(this.#lines, line.reason, buffer, position, line.next);
      else this.#requests.push(request);
    }
  }

  skipped(lengthBytes: number, head: Uint8Array): void {
    this.#lines++;
    const reason = `expected a line of reasonable length, got one of ${lengthBytes} bytes`;
    this.unmatched.record(this.#lines, reason, head, 0, head.length);
  }

  #request(buffer: Uint8Array): LoggedRequest | undefined {
    const { upstreamAddr, requestTime, upstreamResponseTime, time, method, uri } = this.#fields;
    const upstream = upstreamAddr === undefined ? undefined : this.#meaning(buffer, upstreamAddr);
    if (upstreamAddr !== undefined && upstream === undefined) return undefined;
    if (time !== undefined && this.#time?.read(buffer, ...this.#bounds(time.variable)) !== true)
      return undefined;
    const endMs = this.#time?.ms;
    const values: Record<string, string> = {};
    for (const { name, index } of this.#variables) {
      const [start, end] = this.#bounds(index);
      const isMissing = this.#format.escape === 'default' && end - start === 1 && buffer[start] === dash;
      const isSet = end > start && !isMissing;
      if (isSet) values[name] = this.#bytes(buffer, start, end);
    }
    return {
      method: this.#text(buffer, method),
      uri: this.#text(buffer, uri),
      values,
      upstream,
      endMs,
      requestMs: this.#lastMs(buffer, requestTime),
      upstreamMs: this.#lastMs(buffer, upstreamResponseTime),
    };
  }

  #bounds(variable: number): readonly [start: number, end: number] {
    return [this.#line.starts[variable] as number, this.#line.ends[variable] as number];
  }

  #meaning(buffer: Uint8Array, variable: number): UpstreamMeaning | undefined {
    const [start, end] = this.#bounds(variable);
    const known = this.#meanings.get(buffer, start, end);
    if (known !== undefined) return known;
    const read = upstreamMeaningOf(textOf(buffer, start, end, this.#format.escape), []);
    if (read !== undefined) this.#meanings.set(buffer, start, end, read);
    return read;
  }

  /** A time, of a list of attempts that of the last one. */
  #lastMs(buffer: Uint8Array, variable: number | undefined): number | undefined {
    if (variable === undefined) return undefined;
    const [start, end] = this.#bounds(variable);
    const us = isList(buffer, start, end)
      ? timesOf(buffer, start, end).at(-1)
      : microseconds(buffer, start, end);
    return us === undefined ? undefined : us / 1000;
  }

  #text(buffer: Uint8Array, field: TextField | undefined): string {
    if (field === undefined) return '';
    const [start, end] = this.#bounds(field.variable);
    const bounds: Bounds = { start, end };
    narrow(field, buffer, bounds);
    return this.#bytes(buffer, bounds.start, bounds.end);
  }

  #bytes(buffer: Uint8Array, start: number, end: number): string {
    // Most values have nothing to unescape, and then need no copy of their bytes.
    if (buffer !== this.#viewed) {
      this.#viewed = buffer;
      this.#view = Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    }
    const text = this.#view.toString('latin1', start, end);
    if (!text.includes('\\')) return text;
    return Buffer.from(unescapeValue(buffer.subarray(start, end), this.#format.escape)).toString('latin1');
  }
}

const dash = 0x2d;
