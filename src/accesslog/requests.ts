import type { Attempts } from '../model/attempts.js';
import type { LogFormat } from '../nginx/log-format.js';
import { milliseconds } from '../tally/latency-histogram.js';
import type { TextField } from './dialect/dialect.js';
import { dialectOf, fieldsOf } from './dialect/dialects.js';
import { lastDurationUs } from './reading/attempt-booker.js';
import type { LineValues, RecordSink } from './reading/format-lane.js';
import type { ToldAttempts } from './reading/known-attempts.js';
import type { LineQuestion } from './reading/line-question.js';
import { LogReader } from './reading/log-reader.js';
import { type Bounds, narrow } from './reading/text-value.js';
import type { UnmatchedLine } from './reading/unmatched.js';
import type { LineMatcher } from './scanner/line-matcher.js';
import { durationUs } from './scanner/numbers.js';
import { LineFeeder } from './source/line-feeder.js';
import type { LogFile } from './source/log-file.js';
import { type OpenStream, readStream } from './source/read-stream.js';

/** A request as its line in a log tells it; texts hold one character a byte, as received. */
export interface LoggedRequest {
  /** Empty where the line has none. */
  readonly method: string;
  readonly uri: string;
  /** Values of the variables asked for, by nginx's names; what was not set is missing. */
  readonly values: Readonly<Record<string, string>>;
  /** `undefined` when the format does not tell them. */
  readonly attempts: Attempts | undefined;
  /** Milliseconds since 1970 of its end. */
  readonly endMs: number | undefined;
  /** Of the whole request. */
  readonly requestMs: number | undefined;
  /** Of the last attempt. */
  readonly attemptMs: number | undefined;
}

/**
 * Reads the requests of one log, some at a time, in the order of its lines.
 *
 * @throws LbbenchError when the file cannot be read
 */
export class LoggedRequests {
  /** Why the log was not read to its end; `undefined` when it was. */
  damage: string | undefined;
  readonly #reader: LogReader;
  #requests: LoggedRequest[] = [];

  /** @param variables nginx's names without `$` of what `values` shall hold, as far as a format carries it */
  constructor(
    readonly file: LogFile,
    question: LineQuestion,
    variables: readonly string[],
  ) {
    const wantedOf = (format: LogFormat) =>
      variables
        .map((name) => ({ name, index: format.variables.indexOf(dialectOf(format).variableFor(name)) }))
        .filter(({ index }) => index >= 0);
    this.#reader = new LogReader(
      question,
      (values) =>
        new RequestCollector(values, wantedOf(values.format), (request) => this.#requests.push(request)),
      (format) => {
        const { uri } = fieldsOf(format);
        const read = [
          ...wantedOf(format).map(({ index }) => index),
          ...(uri === undefined ? [] : [uri.variable]),
        ];
        return read.map((index) => format.variables[index] as string);
      },
    );
    this.#reader.startFile(file.path);
  }

  get unmatched(): { readonly count: number; readonly first: readonly Omit<UnmatchedLine, 'file'>[] } {
    return this.#reader.unmatched;
  }

  async *read(open: OpenStream): AsyncGenerator<readonly LoggedRequest[]> {
    const reader = this.#reader;
    const feeder = new LineFeeder(reader);
    const onDamage = (reason: string) => {
      this.damage = reason;
    };
    for await (const chunk of readStream(this.file, open, onDamage)) {
      feeder.push(chunk);
      yield this.#drain();
    }
    const rest = feeder.takeRest();
    if (rest.length > 0) feeder.push(Buffer.concat([rest, Buffer.from('\n')]));
    reader.finishRecord();
    yield this.#drain();
  }

  /** The requests since the last call. */
  #drain(): readonly LoggedRequest[] {
    const requests = this.#requests;
    this.#requests = [];
    return requests;
  }
}

const dash = 0x2d;

/** Makes requests of the records of one format. */
class RequestCollector implements RecordSink {
  #viewed: Uint8Array | undefined;
  #view: Buffer = Buffer.alloc(0);
  readonly #format: LogFormat;

  constructor(
    private readonly line: LineValues,
    private readonly variables: readonly { readonly name: string; readonly index: number }[],
    private readonly collect: (request: LoggedRequest) => void,
  ) {
    this.#format = line.format;
  }

  take(
    buffer: Uint8Array,
    line: LineMatcher,
    _status: number | undefined,
    told: ToldAttempts | undefined,
  ): void {
    const { fields, time } = this.line;
    const values: Record<string, string> = {};
    for (const { name, index } of this.variables) {
      const [start, end] = [line.starts[index] as number, line.ends[index] as number];
      const isMissing = this.#format.escape === 'default' && end - start === 1 && buffer[start] === dash;
      if (end > start && !isMissing) values[name] = this.#bytes(buffer, start, end);
    }
    const requestMs = milliseconds(durationUs(fields.requestTime, buffer, line));
    this.collect({
      method: this.#text(buffer, line, fields.method),
      uri: this.#text(buffer, line, fields.uri),
      values,
      attempts: told?.unproven?.asPools ?? told?.attempts,
      endMs: time && time.ms + (fields.time?.isStart === true ? (requestMs ?? 0) : 0),
      requestMs,
      attemptMs: milliseconds(lastDurationUs(fields.attemptTime, buffer, line)),
    });
  }

  #text(buffer: Uint8Array, { starts, ends }: LineMatcher, field: TextField | undefined): string {
    if (field === undefined) return '';
    const bounds: Bounds = {
      start: starts[field.variable] as number,
      end: ends[field.variable] as number,
    };
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
    const dialect = dialectOf(this.#format);
    if (!text.includes(dialect.escapeCharacter)) return text;
    return Buffer.from(dialect.unescape(buffer.subarray(start, end), this.#format)).toString('latin1');
  }
}
