import { byteClass, isFieldValue, isToken } from './byte-classes.js';

/** A status line and header fields may take this much, interim (1xx) responses included. */
const maxHeadBytes = 64 * 1024;
/** A chunk-size line with its extensions may take this much. */
const maxChunkLineBytes = 16 * 1024;

const cr = 13;
const lf = 10;
const space = 32;
const tab = 9;
const colon = 58;

enum State {
  StatusLine,
  Headers,
  BodyByLength,
  BodyUntilClose,
  ChunkSize,
  ChunkData,
  ChunkDataEnd,
  Trailers,
  Done,
  Malformed,
}

/** What receives the bytes of a body, when somebody wants them. The slice is only valid during the call. */
export interface BodySink {
  append(buffer: Uint8Array, start: number, end: number): void;
}

/**
 * A streaming HTTP/1.x response parser. Bytes may arrive split anywhere; on the usual path, where a line arrives
 * whole, nothing is copied and nothing is allocated. One object serves one connection, response after response.
 *
 * It is as strict as Node's own parser: what that refuses is malformed here too, so a response is either understood or
 * reported, never guessed at. It never throws.
 *
 * Framing follows RFC 9112 section 6.3. Interim 1xx responses are skipped; 101 ends the connection's HTTP life and
 * counts as a response without a body.
 */
export class ResponseParser {
  status = 0;
  /** Bytes of body so far, without chunk framing. */
  bodyBytes = 0;
  /** True when the connection can carry another request after this response. */
  keepAlive = false;
  /** True when the head of the final response is complete. */
  headComplete = false;
  /** What is wrong, when malformed. */
  problem = '';
  /** The attribution header's last value, as a slice of `labelBuffer`; empty when the header is absent. */
  labelBuffer: Uint8Array = noBytes;
  labelStart = 0;
  labelEnd = 0;
  /** How often the attribution header occurred. */
  labelCount = 0;
  /** Wants the body's bytes; `undefined` to skip them. */
  bodySink: BodySink | undefined;
  /** Set to see the header fields of the final response, as the first response of a run is looked at. */
  onField: ((name: string, value: string) => void) | undefined;

  readonly #label: Uint8Array;
  #state: State = State.StatusLine;
  #headRequest = false;
  #headBytes = 0;
  #http10 = false;
  /** Bytes of body or of chunk still to come. */
  #remaining = 0;
  #contentLength = -1;
  #chunked = false;
  #transferEncoding = false;
  #closeToken = false;
  #keepAliveToken = false;
  /** The start of a line whose end has not arrived yet. */
  #carry: Uint8Array = noBytes;
  #carryLength = 0;

  /** @param label lower-case name of the header that names the backend; `''` for none. */
  constructor(label: string) {
    this.#label = Buffer.from(label, 'latin1');
  }

  /** Gets ready for the response to the next request. */
  reset(headRequest: boolean): void {
    this.#headRequest = headRequest;
    this.#headBytes = 0;
    this.#carryLength = 0;
    this.bodyBytes = 0;
    this.#startHead();
  }

  get done(): boolean {
    return this.#state === State.Done;
  }

  get malformed(): boolean {
    return this.#state === State.Malformed;
  }

  /** True when nothing of a response has arrived yet. */
  get untouched(): boolean {
    return this.#headBytes === 0 && this.#state === State.StatusLine && this.#carryLength === 0;
  }

  /** Call when the peer has closed its side: a body without a length ends there. */
  end(): void {
    if (this.#state === State.BodyUntilClose) this.#state = State.Done;
  }

  /**
   * Parses `buffer[start, end)`. Returns the position behind the last byte used: less than `end` only when the
   * response is done, or malformed, before it.
   */
  execute(buffer: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end) {
      switch (this.#state) {
        case State.StatusLine:
        case State.Headers:
        case State.ChunkSize:
        case State.Trailers:
          at = this.#line(buffer, at, end);
          break;
        case State.BodyByLength:
        case State.ChunkData:
          at = this.#counted(buffer, at, end);
          break;
        case State.BodyUntilClose:
          this.#body(buffer, at, end);
          at = end;
          break;
        case State.ChunkDataEnd:
          at = this.#chunkDataEnd(buffer, at);
          break;
        case State.Done:
        case State.Malformed:
          return at;
      }
    }
    // The label must outlive the buffer it was found in.
    if (this.labelCount > 0 && this.labelBuffer === buffer && !this.headComplete) this.#keepLabel();
    return at;
  }

  #startHead(): void {
    this.#state = State.StatusLine;
    this.status = 0;
    this.headComplete = false;
    this.keepAlive = false;
    this.labelCount = 0;
    this.labelStart = 0;
    this.labelEnd = 0;
    this.#contentLength = -1;
    this.#chunked = false;
    this.#transferEncoding = false;
    this.#closeToken = false;
    this.#keepAliveToken = false;
  }

  #fail(problem: string): void {
    this.#state = State.Malformed;
    this.problem = problem;
  }

  /** Takes one line, whole from the buffer or pieced together from the carry, and hands it to its state. */
  #line(buffer: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && buffer[at] !== lf) at++;
    const complete = at < end;
    const next = complete ? at + 1 : end;
    if (!this.#account(next - start)) return next;
    if (!complete) {
      this.#stash(buffer, start, end);
      return end;
    }
    if (this.#carryLength === 0) {
      this.#handleLine(buffer, start, at);
    } else {
      this.#stash(buffer, start, at);
      const length = this.#carryLength;
      this.#carryLength = 0;
      this.#handleLine(this.#carry, 0, length);
    }
    return next;
  }

  /** Counts bytes of head or framing against their limit. */
  #account(bytes: number): boolean {
    this.#headBytes += bytes;
    if (this.#state === State.ChunkSize) {
      if (this.#headBytes <= maxChunkLineBytes) return true;
      this.#fail(`chunk size line of more than ${maxChunkLineBytes} bytes`);
      return false;
    }
    if (this.#headBytes <= maxHeadBytes) return true;
    this.#fail(`header of more than ${maxHeadBytes} bytes`);
    return false;
  }

  #stash(buffer: Uint8Array, start: number, end: number): void {
    const needed = this.#carryLength + end - start;
    if (needed > this.#carry.length) {
      const grown = new Uint8Array(Math.max(256, 2 * needed));
      grown.set(this.#carry.subarray(0, this.#carryLength));
      this.#carry = grown;
    }
    this.#carry.set(buffer.subarray(start, end), this.#carryLength);
    this.#carryLength = needed;
  }

  /** Handles `buffer[start, lineFeed)`, which must end in a carriage return. */
  #handleLine(buffer: Uint8Array, start: number, lineFeed: number): void {
    const end = lineFeed - 1;
    if (end < start || buffer[end] !== cr) {
      this.#fail('line that does not end in CR LF');
      return;
    }
    switch (this.#state) {
      case State.StatusLine:
        // Empty lines before a status line are skipped, as Node's parser does.
        if (end > start) this.#statusLine(buffer, start, end);
        break;
      case State.Headers:
        if (end === start) this.#headDone();
        else this.#field(buffer, start, end);
        break;
      case State.ChunkSize:
        this.#chunkSize(buffer, start, end);
        break;
      default:
        if (end === start) this.#state = State.Done;
        else this.#trailer(buffer, start, end);
    }
  }

  #statusLine(buffer: Uint8Array, start: number, end: number): void {
    // "HTTP/1.x NNN" and then nothing, or a space and the reason.
    if (end - start < 12 || !startsWithHttp1(buffer, start)) {
      this.#fail('expected a status line, HTTP/1.0 or HTTP/1.1');
      return;
    }
    const minor = buffer[start + 7];
    const hundreds = digit(buffer[start + 9]);
    const tens = digit(buffer[start + 10]);
    const ones = digit(buffer[start + 11]);
    const afterStatus = end > start + 12 ? buffer[start + 12] : space;
    if ((minor !== 48 && minor !== 49) || buffer[start + 8] !== space || afterStatus !== space) {
      this.#fail('malformed status line');
      return;
    }
    if (hundreds < 0 || tens < 0 || ones < 0) {
      this.#fail('status code that is not three digits');
      return;
    }
    for (let at = start + 12; at < end; at++) {
      if (((byteClass[buffer[at] as number] as number) & isFieldValue) === 0) {
        this.#fail('control character in the reason phrase');
        return;
      }
    }
    this.#http10 = minor === 48;
    this.status = hundreds * 100 + tens * 10 + ones;
    this.#state = State.Headers;
  }

  #field(buffer: Uint8Array, start: number, end: number): void {
    let nameEnd = start;
    while (nameEnd < end && ((byteClass[buffer[nameEnd] as number] as number) & isToken) !== 0) nameEnd++;
    if (nameEnd === start || nameEnd === end || buffer[nameEnd] !== colon) {
      this.#fail('malformed header field name');
      return;
    }
    let valueStart = nameEnd + 1;
    for (let at = valueStart; at < end; at++) {
      if (((byteClass[buffer[at] as number] as number) & isFieldValue) === 0) {
        this.#fail('control character in a header field');
        return;
      }
    }
    let valueEnd = end;
    while (valueStart < valueEnd && isBlank(buffer[valueStart])) valueStart++;
    while (valueEnd > valueStart && isBlank(buffer[valueEnd - 1])) valueEnd--;

    const length = nameEnd - start;
    if (length === this.#label.length && equalsIgnoringCase(buffer, start, this.#label)) {
      this.labelBuffer = buffer;
      this.labelStart = valueStart;
      this.labelEnd = valueEnd;
      this.labelCount++;
      // A line pieced together lies in the carry, which the next line overwrites.
      if (buffer === this.#carry) this.#keepLabel();
    }
    switch (length) {
      case 14:
        if (equalsIgnoringCase(buffer, start, contentLengthName))
          this.#readLength(buffer, valueStart, valueEnd);
        break;
      case 10:
        if (equalsIgnoringCase(buffer, start, connectionName)) this.#connection(buffer, valueStart, valueEnd);
        break;
      case 17:
        if (equalsIgnoringCase(buffer, start, transferEncodingName)) {
          this.#readTransferEncoding(buffer, valueStart, valueEnd);
        }
        break;
    }
    if (this.onField !== undefined && this.status >= 200) {
      this.onField(latin1(buffer, start, nameEnd).toLowerCase(), latin1(buffer, valueStart, valueEnd));
    }
  }

  #readLength(buffer: Uint8Array, start: number, end: number): void {
    let length = 0;
    for (let at = start; at < end; at++) {
      const value = digit(buffer[at]);
      length = length * 10 + value;
      if (value < 0 || length > Number.MAX_SAFE_INTEGER) {
        this.#fail('Content-Length that is not a number');
        return;
      }
    }
    if (start === end) this.#fail('empty Content-Length');
    else if (this.#contentLength >= 0) this.#fail('more than one Content-Length');
    else if (this.#transferEncoding) this.#fail('both Content-Length and Transfer-Encoding');
    else this.#contentLength = length;
  }

  #readTransferEncoding(buffer: Uint8Array, start: number, end: number): void {
    if (this.#contentLength >= 0) {
      this.#fail('both Content-Length and Transfer-Encoding');
      return;
    }
    this.#transferEncoding = true;
    // Only the last coding frames the message; without `chunked` there it ends with the connection.
    const codings = latin1(buffer, start, end).toLowerCase().split(',');
    this.#chunked = codings.at(-1)?.trim() === 'chunked';
  }

  #connection(buffer: Uint8Array, start: number, end: number): void {
    // "close" and "keep-alive" alone are the usual values: no string is made for them.
    if (end - start === 5 && equalsIgnoringCase(buffer, start, closeToken)) {
      this.#closeToken = true;
    } else if (end - start === 10 && equalsIgnoringCase(buffer, start, keepAliveToken)) {
      this.#keepAliveToken = true;
    } else {
      for (const token of latin1(buffer, start, end).toLowerCase().split(',')) {
        if (token.trim() === 'close') this.#closeToken = true;
        if (token.trim() === 'keep-alive') this.#keepAliveToken = true;
      }
    }
  }

  #headDone(): void {
    const { status } = this;
    if (status < 200 && status !== 101 && status >= 100) {
      this.#startHead();
      return;
    }
    if (status < 100) {
      this.#fail('status code below 100');
      return;
    }
    this.headComplete = true;
    this.keepAlive = status !== 101 && !this.#closeToken && (this.#http10 ? this.#keepAliveToken : true);
    if (this.#headRequest || status === 204 || status === 304 || status === 101) {
      this.#state = State.Done;
    } else if (this.#chunked) {
      this.#state = State.ChunkSize;
      this.#headBytes = 0;
    } else if (this.#contentLength >= 0) {
      this.#remaining = this.#contentLength;
      this.#state = this.#remaining === 0 ? State.Done : State.BodyByLength;
    } else {
      this.keepAlive = false;
      this.#state = State.BodyUntilClose;
    }
  }

  #body(buffer: Uint8Array, start: number, end: number): void {
    this.bodyBytes += end - start;
    this.bodySink?.append(buffer, start, end);
  }

  #counted(buffer: Uint8Array, start: number, end: number): number {
    const stop = end - start > this.#remaining ? start + this.#remaining : end;
    this.#body(buffer, start, stop);
    this.#remaining -= stop - start;
    if (this.#remaining === 0) {
      this.#state = this.#state === State.BodyByLength ? State.Done : State.ChunkDataEnd;
    }
    return stop;
  }

  /** The CR LF behind a chunk; `#remaining` counts which of the two comes next. */
  #chunkDataEnd(buffer: Uint8Array, at: number): number {
    const expected = this.#remaining === 0 ? cr : lf;
    if (buffer[at] !== expected) {
      this.#fail('chunk that is longer than its size');
      return at;
    }
    if (expected === cr) {
      this.#remaining = -1;
    } else {
      this.#remaining = 0;
      this.#headBytes = 0;
      this.#state = State.ChunkSize;
    }
    return at + 1;
  }

  #chunkSize(buffer: Uint8Array, start: number, end: number): void {
    let size = 0;
    let at = start;
    for (; at < end; at++) {
      const value = hexDigit(buffer[at]);
      if (value < 0) break;
      size = size * 16 + value;
      if (size > Number.MAX_SAFE_INTEGER) {
        this.#fail('chunk size too large');
        return;
      }
    }
    // Behind the size only extensions may follow.
    if (at === start || (at < end && buffer[at] !== semicolon)) {
      this.#fail('malformed chunk size');
      return;
    }
    for (; at < end; at++) {
      if (((byteClass[buffer[at] as number] as number) & isFieldValue) === 0) {
        this.#fail('control character in a chunk extension');
        return;
      }
    }
    this.#headBytes = 0;
    this.#remaining = size;
    this.#state = size === 0 ? State.Trailers : State.ChunkData;
  }

  #trailer(buffer: Uint8Array, start: number, end: number): void {
    const colonAt = buffer.subarray(start, end).indexOf(colon);
    let at = start;
    while (at < start + colonAt && ((byteClass[buffer[at] as number] as number) & isToken) !== 0) at++;
    if (colonAt <= 0 || at !== start + colonAt) {
      this.#fail('malformed trailer field');
      return;
    }
    for (; at < end; at++) {
      if (((byteClass[buffer[at] as number] as number) & isFieldValue) === 0) {
        this.#fail('control character in a trailer field');
        return;
      }
    }
  }

  #keepLabel(): void {
    // Not `slice`: on a Buffer that is a view, not a copy.
    this.labelBuffer = Uint8Array.prototype.slice.call(this.labelBuffer, this.labelStart, this.labelEnd);
    this.labelStart = 0;
    this.labelEnd = this.labelBuffer.length;
  }
}

const noBytes = new Uint8Array(0);
const semicolon = 59;
const contentLengthName = Buffer.from('content-length');
const connectionName = Buffer.from('connection');
const transferEncodingName = Buffer.from('transfer-encoding');
const closeToken = Buffer.from('close');
const keepAliveToken = Buffer.from('keep-alive');

function startsWithHttp1(buffer: Uint8Array, at: number): boolean {
  return (
    buffer[at] === 72 &&
    buffer[at + 1] === 84 &&
    buffer[at + 2] === 84 &&
    buffer[at + 3] === 80 &&
    buffer[at + 4] === 47 &&
    buffer[at + 5] === 49 &&
    buffer[at + 6] === 46
  );
}

/** Compares letters, digits and `-` without regard to case; `lower` is in lower case. */
function equalsIgnoringCase(buffer: Uint8Array, start: number, lower: Uint8Array): boolean {
  for (let i = 0; i < lower.length; i++) {
    const byte = buffer[start + i] as number;
    const folded = byte >= 65 && byte <= 90 ? byte + 32 : byte;
    if (folded !== lower[i]) return false;
  }
  return true;
}

function isBlank(byte: number | undefined): boolean {
  return byte === space || byte === tab;
}

function digit(byte: number | undefined): number {
  return byte !== undefined && byte >= 48 && byte <= 57 ? byte - 48 : -1;
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 48 && byte <= 57) return byte - 48;
  const folded = byte | 32;
  return folded >= 97 && folded <= 102 ? folded - 87 : -1;
}

function latin1(buffer: Uint8Array, start: number, end: number): string {
  return Buffer.from(buffer.buffer, buffer.byteOffset + start, end - start).toString('latin1');
}
