import { ByteView } from '../../text/byte-view.js';
import { LineCarry } from '../../text/line-carry.js';
import type { BodySink } from './body-sink.js';
import { fieldTextEndByWords, tokenEnd } from './byte-classes.js';
import { readChunkSize, trailerProblem } from './chunk-lines.js';
import type { HeadMemory } from './head-memory.js';
import { ResponseHead } from './response-head.js';

/** A status line and header fields may take this much, interim (1xx) responses included. */
const maxHeadBytes = 64 * 1024;
/** A chunk-size line with its extensions may take this much. */
const maxChunkLineBytes = 16 * 1024;

const cr = 13;
const lf = 10;
const colon = 58;

enum State {
  StatusLine,
  Headers,
  BodyByLength,
  BodyUntilClose,
  ChunkSize,
  ChunkData,
  /** The CR behind a chunk comes next. */
  ChunkEndCr,
  ChunkEndLf,
  Trailers,
  Done,
  Malformed,
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
  readonly head: ResponseHead;
  /** Bytes of body so far, without chunk framing. */
  bodyBytes = 0;
  /** True when the connection can carry another request after this response. */
  keepAlive = false;
  /** True when the head of the final response is complete. */
  headComplete = false;
  /** What is wrong, when malformed. */
  problem = '';
  /** Wants the body's bytes; `undefined` to skip them. */
  bodySink: BodySink | undefined;
  /** Told that a body follows, which may be empty, before its first byte: the time to set `bodySink`. */
  onBody: (() => void) | undefined;

  #state: State = State.StatusLine;
  #headRequest = false;
  /** Bytes of head, or of chunk-size line, so far. */
  #lineBytes = 0;
  /** Bytes of body or of chunk still to come. */
  #remaining = 0;
  readonly #carry = new LineCarry();
  /** Connections share the buffer they read into. */
  readonly #view = new ByteView();

  /**
   * @param label lower-case name of the header that names the backend; `''` for none
   * @param memory of heads, shared by parsers of one label
   */
  constructor(
    label: string,
    readonly memory: HeadMemory,
  ) {
    this.head = new ResponseHead(label);
  }

  /** Gets ready for the response to the next request. */
  reset(headRequest: boolean): void {
    this.#headRequest = headRequest;
    this.#lineBytes = 0;
    this.#carry.clear();
    this.bodyBytes = 0;
    this.headComplete = false;
    this.keepAlive = false;
    this.head.reset();
    this.#state = State.StatusLine;
  }

  get done(): boolean {
    return this.#state === State.Done;
  }

  get malformed(): boolean {
    return this.#state === State.Malformed;
  }

  /** True in a body without a length: only the end of the connection will end it. */
  get endsWithConnection(): boolean {
    return this.#state === State.BodyUntilClose;
  }

  /** Call when the peer has closed its side: a body without a length ends there. */
  end(): void {
    if (this.endsWithConnection) this.#state = State.Done;
  }

  /**
   * Parses `buffer[start, end)`. Returns the position behind the last byte used: less than `end` only when the
   * response is done, or malformed, before it.
   */
  execute(buffer: Uint8Array, start: number, end: number): number {
    const { head, memory } = this;
    let at = start;
    // Whoever wants to see the fields must have them read.
    const isWhole =
      this.#state === State.StatusLine &&
      this.#lineBytes === 0 &&
      head.onField === undefined &&
      head.onCheckedField === undefined;
    if (isWhole) {
      const length = memory.recall(this.#view.of(buffer), buffer, start, end, head);
      if (length > 0) {
        at += length;
        this.#headDone();
      }
    }
    while (at < end) {
      switch (this.#state) {
        case State.Headers:
          at = this.#fields(buffer, at, end);
          if (at < end && !this.malformed) at = this.#line(buffer, at, end);
          if (isWhole && this.headComplete) memory.learn(buffer, start, at, head);
          break;
        case State.StatusLine:
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
        case State.ChunkEndCr:
          at = this.#chunkEnd(buffer, at, cr, State.ChunkEndLf);
          break;
        case State.ChunkEndLf:
          at = this.#chunkEnd(buffer, at, lf, State.ChunkSize);
          break;
        case State.Done:
        case State.Malformed:
          return at;
      }
    }
    // The label must outlive the buffer it was found in.
    if (head.labelCount > 0 && head.labelBuffer === buffer && !this.headComplete) head.keepLabel();
    return at;
  }

  #fail(problem: string): void {
    this.#state = State.Malformed;
    this.problem = problem;
  }

  /**
   * Takes header fields as long as they lie whole and well-formed in the buffer, looking at each byte once. What is not
   * so, and the empty line at the end, is left to `#line`.
   */
  #fields(buffer: Uint8Array, start: number, end: number): number {
    const view = this.#view.of(buffer);
    let at = start;
    while (this.#carry.length === 0) {
      const nameEnd = tokenEnd(buffer, at, end);
      if (nameEnd === at || buffer[nameEnd] !== colon) break;
      const valueEnd = fieldTextEndByWords(view, nameEnd + 1, end);
      const next = valueEnd + 2;
      if (next > end || buffer[valueEnd] !== cr || buffer[valueEnd + 1] !== lf) break;
      this.#lineBytes += next - at;
      const problem =
        this.#lineBytes > maxHeadBytes
          ? `header of more than ${maxHeadBytes} bytes`
          : this.head.takeField(buffer, at, nameEnd, valueEnd);
      at = next;
      if (problem !== undefined) {
        this.#fail(problem);
        break;
      }
    }
    return at;
  }

  /** Takes one line, whole from the buffer or pieced together from the carry, and hands it to its state. */
  #line(buffer: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && buffer[at] !== lf) at++;
    const complete = at < end;
    const next = complete ? at + 1 : end;
    this.#lineBytes += next - start;
    const chunkSize = this.#state === State.ChunkSize;
    const most = chunkSize ? maxChunkLineBytes : maxHeadBytes;
    if (this.#lineBytes > most) {
      this.#fail(`${chunkSize ? 'chunk size line' : 'header'} of more than ${most} bytes`);
    } else if (!complete) {
      this.#carry.append(buffer, start, end);
    } else if (this.#carry.length === 0) {
      this.#handleLine(buffer, start, at);
    } else {
      this.#carry.append(buffer, start, at);
      const { bytes, length } = this.#carry;
      this.#carry.clear();
      this.#handleLine(bytes, 0, length);
      if (this.head.labelBuffer === bytes) this.head.keepLabel();
    }
    return next;
  }

  /** Handles `buffer[start, lineFeed)`, which must end in a carriage return. */
  #handleLine(buffer: Uint8Array, start: number, lineFeed: number): void {
    const end = lineFeed - 1;
    if (end < start || buffer[end] !== cr) {
      this.#fail('line that does not end in CR LF');
      return;
    }
    const empty = end === start;
    let problem: string | undefined;
    switch (this.#state) {
      case State.StatusLine:
        // Empty lines before a status line are skipped, as Node's parser does.
        if (empty) return;
        problem = this.head.readStatusLine(buffer, start, end);
        this.#state = State.Headers;
        break;
      case State.Headers:
        if (empty) this.#headDone();
        else problem = this.head.readField(buffer, start, end);
        break;
      case State.ChunkSize:
        problem = this.#chunkSize(buffer, start, end);
        break;
      default:
        if (empty) this.#state = State.Done;
        else problem = trailerProblem(buffer, start, end);
    }
    if (problem !== undefined) this.#fail(problem);
  }

  #headDone(): void {
    const { head } = this;
    const { status } = head;
    if (status < 200 && status !== 101) {
      head.reset();
      this.#state = State.StatusLine;
      return;
    }
    this.headComplete = true;
    this.keepAlive = status !== 101 && head.persistent;
    const isBodiless = this.#headRequest || status === 204 || status === 304 || status === 101;
    if (isBodiless) {
      this.#state = State.Done;
    } else if (head.chunked) {
      this.#state = State.ChunkSize;
      this.#lineBytes = 0;
    } else if (head.contentLength >= 0) {
      this.#remaining = head.contentLength;
      this.#state = this.#remaining === 0 ? State.Done : State.BodyByLength;
    } else {
      this.keepAlive = false;
      this.#state = State.BodyUntilClose;
    }
    if (!isBodiless) this.onBody?.();
  }

  #body(buffer: Uint8Array, start: number, end: number): void {
    this.bodyBytes += end - start;
    this.bodySink?.append(buffer, start, end);
  }

  #counted(buffer: Uint8Array, start: number, end: number): number {
    const stop = Math.min(end, start + this.#remaining);
    this.#body(buffer, start, stop);
    this.#remaining -= stop - start;
    if (this.#remaining === 0) {
      this.#state = this.#state === State.BodyByLength ? State.Done : State.ChunkEndCr;
    }
    return stop;
  }

  /** One of the two bytes behind a chunk. */
  #chunkEnd(buffer: Uint8Array, at: number, expected: number, next: State): number {
    if (buffer[at] !== expected) {
      this.#fail('chunk that is longer than its size');
      return at;
    }
    this.#state = next;
    this.#lineBytes = 0;
    return at + 1;
  }

  #chunkSize(buffer: Uint8Array, start: number, end: number): string | undefined {
    const size = readChunkSize(buffer, start, end);
    if (typeof size === 'string') return size;
    this.#lineBytes = 0;
    this.#remaining = size;
    this.#state = size === 0 ? State.Trailers : State.ChunkData;
    return undefined;
  }
}
