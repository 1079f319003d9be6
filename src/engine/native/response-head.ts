import type { Coding } from '../stream-reader.js';
import { fieldTextEnd, tokenEnd } from './byte-classes.js';
import { digit, equalsIgnoringCase, isBlank, latin1, startsWith } from './bytes.js';

const space = 32;
const colon = 58;
const http1 = Buffer.from('HTTP/1.');
const contentLengthName = Buffer.from('content-length');
const connectionName = Buffer.from('connection');
const transferEncodingName = Buffer.from('transfer-encoding');
const contentTypeName = Buffer.from('content-type');
const contentEncodingName = Buffer.from('content-encoding');
const closeToken = Buffer.from('close');
const keepAliveToken = Buffer.from('keep-alive');

export const noBytes = new Uint8Array(0);

/** What a head said, by positions relative to its start. */
export interface HeadFacts {
  readonly status: number;
  readonly contentLength: number;
  readonly chunked: boolean;
  readonly labelStart: number;
  readonly labelEnd: number;
  readonly labelCount: number;
  readonly persistent: boolean;
  readonly isEventStream: boolean;
  readonly coding: Coding | undefined;
}

/**
 * The head of one response: what its status line and fields say of framing, connection and backend. Lines are read as
 * they lie in the buffer, without their CR LF; only unusual values become strings.
 *
 * The `read…` methods return what is wrong with a line, or `undefined`.
 */
export class ResponseHead {
  status = 0;
  /** -1 when absent. */
  contentLength = -1;
  chunked = false;
  /** The attribution header's last value, as a slice of `labelBuffer`; empty when the header is absent. */
  labelBuffer: Uint8Array = noBytes;
  labelStart = 0;
  labelEnd = 0;
  /** How often the attribution header occurred. */
  labelCount = 0;
  /** True of a body of `text/event-stream`. */
  isEventStream = false;
  /** Of the body; `undefined` for one that nobody here undoes. */
  coding: Coding | undefined = 'identity';
  /** Set to see the fields of the final response, as the first response of a run is looked at. */
  onField: ((name: string, value: string) => void) | undefined;

  /** Set to see the fields of every final response that a check looks at. */
  onCheckedField: ((name: string, value: string) => void) | undefined;

  readonly #label: Uint8Array;
  #http10 = false;
  #transferEncoding = false;
  #close = false;
  #keepAlive = false;

  /** @param label lower-case name of the header that names the backend; `''` for none. */
  constructor(label: string) {
    this.#label = Buffer.from(label, 'latin1');
  }

  reset(): void {
    this.status = 0;
    this.contentLength = -1;
    this.chunked = false;
    this.labelStart = 0;
    this.labelEnd = 0;
    this.labelCount = 0;
    this.isEventStream = false;
    this.coding = 'identity';
    this.#transferEncoding = false;
    this.#close = false;
    this.#keepAlive = false;
  }

  /** True when the connection goes on after this response: HTTP/1.1 unless it says no, HTTP/1.0 only if it says so. */
  get persistent(): boolean {
    return !this.#close && (!this.#http10 || this.#keepAlive);
  }

  /** `HTTP/1.x NNN`, then nothing, or a space and the reason. */
  readStatusLine(buffer: Uint8Array, start: number, end: number): string | undefined {
    if (end - start < 12 || !startsWith(buffer, start, http1)) {
      return 'expected a status line, HTTP/1.0 or HTTP/1.1';
    }
    const minor = digit(buffer[start + 7]);
    const afterStatus = end > start + 12 ? buffer[start + 12] : space;
    if ((minor !== 0 && minor !== 1) || buffer[start + 8] !== space || afterStatus !== space) {
      return 'malformed status line';
    }
    const hundreds = digit(buffer[start + 9]);
    const tens = digit(buffer[start + 10]);
    const ones = digit(buffer[start + 11]);
    if (hundreds < 0 || tens < 0 || ones < 0) return 'status code that is not three digits';
    if (hundreds === 0) return 'status code below 100';
    if (fieldTextEnd(buffer, start + 12, end) < end) return 'control character in the reason phrase';
    this.#http10 = minor === 0;
    this.status = hundreds * 100 + tens * 10 + ones;
    return undefined;
  }

  /** Reads one line of any content. */
  readField(buffer: Uint8Array, start: number, end: number): string | undefined {
    const nameEnd = tokenEnd(buffer, start, end);
    if (nameEnd === start || nameEnd === end || buffer[nameEnd] !== colon)
      return 'malformed header field name';
    if (fieldTextEnd(buffer, nameEnd + 1, end) < end) return 'control character in a header field';
    return this.takeField(buffer, start, nameEnd, end);
  }

  /** Takes a field whose bytes are known to be well-formed: the name up to `nameEnd`, a colon, the value up to `end`. */
  takeField(buffer: Uint8Array, start: number, nameEnd: number, end: number): string | undefined {
    let valueStart = nameEnd + 1;
    let valueEnd = end;
    while (valueStart < valueEnd && isBlank(buffer[valueStart])) valueStart++;
    while (valueEnd > valueStart && isBlank(buffer[valueEnd - 1])) valueEnd--;

    const length = nameEnd - start;
    if (length === this.#label.length && equalsIgnoringCase(buffer, start, this.#label)) {
      this.labelBuffer = buffer;
      this.labelStart = valueStart;
      this.labelEnd = valueEnd;
      this.labelCount++;
    }
    if (this.onField !== undefined && this.status >= 200) {
      this.onField(latin1(buffer, start, nameEnd).toLowerCase(), latin1(buffer, valueStart, valueEnd));
    }
    if (this.onCheckedField !== undefined && this.status >= 200) {
      this.onCheckedField(latin1(buffer, start, nameEnd).toLowerCase(), latin1(buffer, valueStart, valueEnd));
    }
    // By length first: most fields are none of the three.
    if (length === contentLengthName.length && equalsIgnoringCase(buffer, start, contentLengthName)) {
      return this.#readLength(buffer, valueStart, valueEnd);
    }
    if (length === connectionName.length && equalsIgnoringCase(buffer, start, connectionName)) {
      this.#readConnection(buffer, valueStart, valueEnd);
    } else if (
      length === transferEncodingName.length &&
      equalsIgnoringCase(buffer, start, transferEncodingName)
    ) {
      return this.#readTransferEncoding(buffer, valueStart, valueEnd);
    } else if (length === contentTypeName.length && equalsIgnoringCase(buffer, start, contentTypeName)) {
      this.isEventStream = isEventStream(buffer, valueStart, valueEnd);
    } else if (
      length === contentEncodingName.length &&
      equalsIgnoringCase(buffer, start, contentEncodingName)
    ) {
      this.coding = codings.get(latin1(buffer, valueStart, valueEnd).toLowerCase());
    }
    return undefined;
  }

  /** What it says, for `recall`; it must lie whole in the buffer its label was found in, from `start` on. */
  factsFrom(start: number): HeadFacts {
    const { status, contentLength, chunked, labelStart, labelEnd, labelCount, persistent } = this;
    const { isEventStream, coding } = this;
    const label = { labelStart: labelStart - start, labelEnd: labelEnd - start };
    return { status, contentLength, chunked, ...label, labelCount, persistent, isEventStream, coding };
  }

  /** Says again what the same bytes said before, which now start at `start` of a buffer. */
  recall(facts: HeadFacts, buffer: Uint8Array, start: number): void {
    this.status = facts.status;
    this.contentLength = facts.contentLength;
    this.chunked = facts.chunked;
    this.labelBuffer = buffer;
    this.labelStart = start + facts.labelStart;
    this.labelEnd = start + facts.labelEnd;
    this.labelCount = facts.labelCount;
    this.isEventStream = facts.isEventStream;
    this.coding = facts.coding;
    this.#http10 = false;
    this.#close = !facts.persistent;
  }

  /** Copies the label out of a buffer that is about to be overwritten. */
  keepLabel(): void {
    // Not `slice`: on a Buffer that is a view, not a copy.
    this.labelBuffer = Uint8Array.prototype.slice.call(this.labelBuffer, this.labelStart, this.labelEnd);
    this.labelStart = 0;
    this.labelEnd = this.labelBuffer.length;
  }

  #readLength(buffer: Uint8Array, start: number, end: number): string | undefined {
    if (start === end) return 'empty Content-Length';
    if (this.contentLength >= 0) return 'more than one Content-Length';
    if (this.#transferEncoding) return 'both Content-Length and Transfer-Encoding';
    let length = 0;
    for (let at = start; at < end; at++) {
      const value = digit(buffer[at]);
      length = length * 10 + value;
      if (value < 0 || length > Number.MAX_SAFE_INTEGER) return 'Content-Length that is not a number';
    }
    this.contentLength = length;
    return undefined;
  }

  #readTransferEncoding(buffer: Uint8Array, start: number, end: number): string | undefined {
    if (this.contentLength >= 0) return 'both Content-Length and Transfer-Encoding';
    this.#transferEncoding = true;
    // Only the last coding frames the message; without `chunked` there it ends with the connection.
    this.chunked = latin1(buffer, start, end).toLowerCase().split(',').at(-1)?.trim() === 'chunked';
    return undefined;
  }

  #readConnection(buffer: Uint8Array, start: number, end: number): void {
    // "close" and "keep-alive" alone are the usual values: no string is made for them.
    if (end - start === closeToken.length && equalsIgnoringCase(buffer, start, closeToken)) {
      this.#close = true;
    } else if (end - start === keepAliveToken.length && equalsIgnoringCase(buffer, start, keepAliveToken)) {
      this.#keepAlive = true;
    } else {
      for (const token of latin1(buffer, start, end).toLowerCase().split(',')) {
        if (token.trim() === 'close') this.#close = true;
        if (token.trim() === 'keep-alive') this.#keepAlive = true;
      }
    }
  }
}

const codings: ReadonlyMap<string, Coding> = new Map([
  ['', 'identity'],
  ['identity', 'identity'],
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['br', 'br'],
]);

const eventStreamType = Buffer.from('text/event-stream');
const semicolon = 59;

function isEventStream(buffer: Uint8Array, start: number, end: number): boolean {
  const after = start + eventStreamType.length;
  if (after > end || !equalsIgnoringCase(buffer, start, eventStreamType)) return false;
  return after === end || buffer[after] === semicolon || isBlank(buffer[after]);
}
