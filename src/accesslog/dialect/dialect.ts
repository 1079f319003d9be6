import type { Attempts } from '../../model/attempts.js';
import type { Parsed } from '../../model/parsed.js';
import type { EscapeMode, LogFormat } from '../../nginx/log-format.js';
import type { Clock } from './clock.js';

/**
 * What the log of one balancer says, and in which words. A format is literals and variables in turn, whoever wrote it;
 * all that the reader must know of a variable it asks the dialect. A further balancer is one such row, see `dialects.ts`.
 */
export interface Dialect {
  /** Of the balancer, as its users write it. */
  readonly name: string;
  /** What its configuration calls a log's format. */
  readonly directive: string;
  /** The variables to add for what a format lacks, as in its configuration. */
  readonly words: Readonly<Record<Said, string>>;
  /** Formats that lines are compared with when none is told, by name, the most common first. */
  readonly formats: Readonly<Record<string, LogFormat>>;
  /** Whether the text of a format is in this balancer's words. */
  isText(text: string): boolean;
  /** Reads the text of a format as its configuration has it. */
  compile(text: string, mode: EscapeMode | undefined): Parsed<LogFormat>;
  /** Formats made after the lines of a log, for those that are written one's own way. */
  derive(lines: readonly string[]): LogFormat[];
  /** A variable as people write it. */
  shown(variable: string): string;
  /** @param sockets addresses of the pool that look like lists */
  shapeOf(variable: string, mode: EscapeMode, sockets: readonly string[]): Shape;
  fieldsOf(format: LogFormat): LogFields;
  /**
   * What the variables of `LogFields.backend` say together; `undefined` when the balancer cannot have written it.
   *
   * @param told their values, by name
   */
  attemptsOf(told: Readonly<Record<string, string>>, sockets: readonly string[]): Attempts | undefined;
  /** What an escaped byte begins with. */
  readonly escapeCharacter: string;
  /** The bytes that a value had before they were escaped for the log. */
  unescape(logged: Uint8Array, format: LogFormat): Uint8Array;
  /** Which of its variables says what nginx's variable of this name does; a balancing method's key is in nginx's words. */
  variableFor(name: string): string;
}

/** What a line may say that somebody asks for. */
export type Said =
  | 'backend'
  | 'time'
  | 'exactTime'
  | 'duration'
  | 'status'
  | 'uri'
  | 'method'
  | 'host'
  | 'userAgent';

/**
 * What the logged value of a variable can look like. Everything that tells where a value ends follows from it.
 */
export interface Shape {
  /** Whether a byte can occur in the logged value. */
  readonly alphabet: (byte: number) => boolean;
  /** Bytes a value always takes; `undefined` when they vary. */
  readonly width?: number;
  /** Always three digits. */
  readonly isStatus?: boolean;
  /** The same from line to line, as a rule. */
  readonly isSteady?: boolean;
  /** Whether a whole value is one, one character a byte; `undefined` when the alphabet says it all. */
  readonly isValue?: (value: string) => boolean;
  /**
   * Of a value that lists attempts: how many, `undefined` where that is not certain. It is the same number for all
   * such values of one line.
   */
  readonly attemptsOf?: (value: string) => number | undefined;
  /**
   * What the value nearly always looks like, where that is less: as of one attempt, or without quotes. A value of another
   * shape has a byte that this one lacks, or goes on with ` : ` behind it.
   */
  readonly usual?: Shape;
  /** Besides, a quote can occur behind a backslash, which hides it; a backslash itself is hidden by another one. */
  readonly hidesQuotes?: boolean;
  /** A value cut short is no longer a value, so a match at the end of an unfinished line can be trusted. */
  readonly selfDelimiting?: boolean;
}

/** What a variable looks like, of shapes by name: names come from formats, and may be those of any object's own parts. */
export function shapeNamed(shapes: Readonly<Record<string, Shape>>, variable: string): Shape | undefined {
  return Object.hasOwn(shapes, variable) ? shapes[variable] : undefined;
}

/** Of a dialect whose formats nobody writes, so that they have names and no text. */
export function namedFormats(name: string): Pick<Dialect, 'isText' | 'compile' | 'derive' | 'shown'> {
  return {
    isText: () => false,
    compile: (text) => ({ ok: false, message: `expected the name of a format of ${name}, got ${text}` }),
    derive: () => [],
    shown: (variable) => variable,
  };
}

/** The alphabet of these characters. */
export function oneOf(characters: string): (byte: number) => boolean {
  const set = new Uint8Array(256);
  for (const byte of Buffer.from(characters, 'latin1')) set[byte] = 1;
  return (byte) => set[byte] === 1;
}

/** Where in a line a text field stands: a variable, or a part of one that holds the request line. */
export interface TextField {
  readonly variable: number;
  /** `path` is the target without the scheme and host that some balancers put in front of it. */
  readonly part: 'whole' | 'method' | 'target' | 'path';
}

/** How long something took: some variables together less others, not known when one of them is not. */
export interface DurationField {
  readonly plus: readonly number[];
  readonly minus: readonly number[];
  readonly unit: 'seconds' | 'milliseconds' | 'microseconds' | 'nanoseconds';
}

/** What a format's lines say, by the indexes of its variables; `undefined` for what the format does not carry. */
export interface LogFields {
  /** What names the backend of each attempt, read together by the dialect's `attemptsOf`; the first one is there always. */
  readonly backend: readonly number[] | undefined;
  /** A list, one status an attempt. */
  readonly attemptStatus: number | undefined;
  /** From the start of the attempt that served: to the last byte, to the head of the response, to the connection. */
  readonly attemptTime: DurationField | undefined;
  readonly headerTime: DurationField | undefined;
  readonly connectTime: DurationField | undefined;
  /** What the client got; a value that is not three digits says that it got none. */
  readonly status: number | undefined;
  /** From the request's first byte to the response's last one. */
  readonly requestTime: DurationField | undefined;
  readonly bodyBytes: number | undefined;
  readonly sentBytes: number | undefined;
  readonly time: TimeField | undefined;
  readonly uri: TextField | undefined;
  readonly method: TextField | undefined;
  readonly host: TextField | undefined;
  readonly userAgent: TextField | undefined;
}

export interface TimeField {
  readonly variable: number;
  readonly clock: Clock;
  /** The moment is that of the request's first byte, not of the response's end. */
  readonly isStart: boolean;
}

/** Whether lines carry any time that a histogram is needed for. */
export function carriesTimes({ requestTime, attemptTime, connectTime, headerTime }: LogFields): boolean {
  return [requestTime, attemptTime, connectTime, headerTime].some((field) => field !== undefined);
}
