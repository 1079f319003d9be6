import type { LogFormat } from '../../nginx/log-format.js';
import { carriesTimes, type LogFields, type TextField } from '../dialect/dialect.js';
import { dialectOf, fieldsOf } from '../dialect/dialects.js';
import type { LineMatcher } from '../scanner/line-matcher.js';
import { matcherFor } from '../scanner/matcher.js';
import { durationUs } from '../scanner/numbers.js';
import type { Scanner } from '../scanner/scanner.js';
import { TimeReader } from '../scanner/time-reader.js';
import { KnownAttempts, type KnownNames, type SeenNames, type ToldAttempts } from './known-attempts.js';
import type { Ledger } from './ledger.js';
import type { LineQuestion, SplitBy } from './line-question.js';
import { compileSelection, type LineTest, namesInTerms } from './selector.js';
import { splitField } from './splitter.js';
import { textOf, variableNamed } from './text-value.js';
import type { TimeKeeper } from './window.js';

const space = 0x20;
const tab = 0x09;

function isOpenAtStart({ literals, object }: LogFormat): boolean {
  return object === undefined && literals[0]?.length === 0;
}

function isLooseAtStart(format: LogFormat): boolean {
  const [first] = format.variables;
  if (first === undefined || !isOpenAtStart(format)) return false;
  const behind = format.literals[1];
  if (behind?.[0] === tab) return true;
  const isWord = behind?.length === 1 && behind[0] === space;
  const { isValue } = dialectOf(format).shapeOf(first, format.escape, []);
  return isWord && (isValue === undefined || fieldsOf(format).backend?.includes(0) === true);
}

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
  /** Books most lines without their being taken apart here; `undefined` where all of them are to be. */
  readonly ledger?: Ledger | undefined;
}

/** What a sink can read of the line that it is given. */
export interface LineValues {
  readonly format: LogFormat;
  readonly fields: LogFields;
  readonly line: LineMatcher;
  /** `undefined` when the format has no time. */
  readonly time: TimeReader | undefined;
}

/** Reads the lines of one format, and gives the records that are selected to a sink of its own. */
export class FormatLane {
  records = 0;
  selected = 0;
  readonly line: LineMatcher;
  /** Whether its records carry times. */
  readonly isTimed: boolean;
  /** Whether its lines begin with a value, and with one that what stands in front of a line may pass for. */
  readonly isOpen: boolean;
  readonly isLoose: boolean;
  readonly #fields: LogFields;
  readonly #time: TimeReader | undefined;
  readonly #test: LineTest | undefined;
  readonly #attempts: KnownAttempts | undefined;
  readonly #sink: RecordSink;
  #timesVersion = -1;

  /**
   * @param variables names of what the sink reads besides, on which all readings of an uncertain line must agree
   * @param times keeps the moments of all records, selected or not
   */
  constructor(
    readonly format: LogFormat,
    question: LineQuestion,
    sinkFor: (values: LineValues) => RecordSink,
    variables: readonly string[],
    private readonly names: KnownNames,
    private readonly times: TimeKeeper,
    scanner: Scanner,
  ) {
    const fields = fieldsOf(format);
    this.#fields = fields;
    this.isTimed = carriesTimes(fields);
    this.isOpen = isOpenAtStart(format);
    this.isLoose = isLooseAtStart(format);
    const critical = new Set([...criticalNames(question, format, fields), ...variables]);
    this.line = matcherFor(scanner, format, critical, names.sockets);
    this.#time = fields.time === undefined ? undefined : new TimeReader(fields.time.clock);
    this.#test = compileSelection(question.selection, fields, format);
    if (fields.backend !== undefined)
      this.#attempts = new KnownAttempts(format, fields, names, question.pool);
    this.#sink = sinkFor({ format, fields, line: this.line, time: this.#time });
  }

  /** Names in place of addresses. */
  get seenNames(): SeenNames | undefined {
    return this.#attempts?.seenNames;
  }

  /** Gives the line that matched last to the sink; false when a value in it is none that the balancer writes. */
  record(buffer: Uint8Array): boolean {
    const { line } = this;
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
      if (!this.#time.read(buffer, starts[variable] as number, ends[variable] as number)) return false;
    }
    let attempts: ToldAttempts | undefined;
    if (this.#attempts !== undefined) {
      attempts = this.#attempts.of(buffer, line);
      if (attempts === undefined) return false;
      if (attempts.unproven !== undefined) this.#attempts.weigh(attempts, buffer, line, status);
    }
    this.records++;
    if (this.#time !== undefined) this.#keepTime(this.#time, buffer);
    const isSelected =
      attempts?.isElsewhere !== true && (this.#test?.(buffer, line, status, this.#time) ?? true);
    if (isSelected) {
      this.selected++;
      this.#sink.take(buffer, line, status, attempts);
    }
    this.#sink.ledger?.learn(buffer, line, attempts, status, isSelected, this.#time);
    return true;
  }

  /**
   * Books lines that say nothing new, which lie in `[start, end)` of the scanner's memory.
   *
   * @returns where the first one starts that is to be read, or `end`
   */
  bookKnown(start: number, end: number): number {
    const { ledger } = this.#sink;
    if (ledger === undefined) return start;
    const next = ledger.scan(start, end);
    if (ledger.records > 0) this.times.addAll(ledger);
    this.records += ledger.records;
    this.selected += ledger.selected;
    return next;
  }

  /** Lines of one moment tell no more than the first of them, unless what they tell is when they began. */
  #keepTime(time: TimeReader, buffer: Uint8Array): void {
    const { requestTime, time: field } = this.#fields;
    if (field?.isStart === true) {
      this.times.add(time.ms, time.ms + (durationUs(requestTime, buffer, this.line) ?? 0) / 1000);
    } else if (time.version !== this.#timesVersion) {
      this.#timesVersion = time.version;
      this.times.add(time.ms, time.ms);
    }
  }

  /** Why the line that was tried last is none of this format, for people. */
  reason(isMatch: boolean): string {
    return isMatch
      ? `expected values as ${dialectOf(this.format).name} writes them, got others`
      : this.line.reason;
  }

  /**
   * Whether a line that matched is certainly whole although its line feed is missing: the format's last text stands at
   * its end, or a last value that would not be one with a byte less, or backends and pools that are known.
   *
   * @param isKnown of the address of a backend or the name of a pool: whether it was seen or is configured
   */
  isWholeLine(buffer: Uint8Array, isKnown: (name: string) => boolean): boolean {
    const { format } = this;
    if ((format.literals.at(-1) as Uint8Array).length > 0) return true;
    const last = format.variables.length - 1;
    const name = format.variables[last] as string;
    const [start, end] = [this.line.starts[last] as number, this.line.ends[last] as number];
    const dialect = dialectOf(format);
    const { backend } = this.#fields;
    if (backend?.length === 1 && backend[0] === last) {
      const text = textOf(buffer, start, end, format);
      // No address begins like that.
      if (text === '-') return true;
      const attempts = dialect.attemptsOf({ [name]: text }, this.names.sockets);
      if (attempts?.kind !== 'served' && attempts?.kind !== 'none-left') return false;
      const { backends, named } = attempts;
      return (named?.backends ?? backends).every((one) => one !== undefined && isKnown(one));
    }
    const { selfDelimiting, isValue } = dialect.shapeOf(name, format.escape, this.names.sockets);
    const text = Buffer.from(buffer.subarray(start, end)).toString('latin1');
    return selfDelimiting === true && text !== '' && isValue?.(text) === true;
  }
}

/** What every reading of a line must agree on: what is counted, and what decides whether it is. */
function criticalNames({ selection, by }: LineQuestion, format: LogFormat, fields: LogFields): string[] {
  const indexes: (number | undefined)[] = [...(fields.backend ?? [])];
  const addField = (field: TextField | undefined) => indexes.push(field?.variable);
  const uses = (split: SplitBy, patterns: readonly string[] | undefined) =>
    by === split || patterns !== undefined;
  if (uses('uri', selection.uri)) addField(fields.uri);
  if (uses('method', selection.method)) addField(fields.method);
  if (uses('host', selection.host)) addField(fields.host);
  if (uses('user-agent', selection.userAgent)) addField(fields.userAgent);
  if (uses('status', selection.status)) indexes.push(fields.status);
  for (const name of namesInTerms(selection.where ?? [])) indexes.push(variableNamed(format, name));
  if (by?.startsWith('$')) addField(splitField(by, format));
  return indexes.flatMap((index) => (index === undefined ? [] : [format.variables[index] as string]));
}
