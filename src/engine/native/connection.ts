import { Outcome } from '../../model/outcome.js';
import { unattributedCell } from '../../tally/attempt-cells.js';
import { sanitize } from '../../text/sanitize.js';
import type { Attributor } from '../attribution/attributor.js';
import { BodyCollector } from '../attribution/body-collector.js';
import type { TlsSession } from '../load-job.js';
import { nowUs } from '../monotonic-clock.js';
import type { Exchange } from '../recorder.js';
import type { ResponseChecks } from '../response-checks.js';
import { StreamReader } from '../stream-reader.js';
import { CheckedAnswer } from './checked-answer.js';
import type { HeadMemory } from './head-memory.js';
import { ResponseParser } from './response-parser.js';
import type { Line, LineEvents, Wire } from './wire.js';

/** What a connection tells the loop that drives it. */
export interface ConnectionOwner {
  readonly heads: HeadMemory;
  /** A request that a kept connection was closed on this soon begins anew, on a new one; below 0 for none. */
  readonly resendWithinUs: number;
  readonly timeoutUs: number;
  /** The same of streams, and how long one may be silent. */
  readonly streamTimeoutUs: number;
  readonly idleTimeoutUs: number;
  /** Something is about to be handled that was seen at this moment. */
  onSeen(atUs: number): void;
  /** A complete response has arrived. `atUs` is when its last byte came. */
  onResponse(connection: Connection, atUs: number): void;
  /** The request ended otherwise, and the connection with it. */
  onFailure(connection: Connection, outcome: Outcome, text: string | undefined, atUs: number): void;
  /** A stream has brought output again, so long after the last. */
  onGap(connection: Connection, gapUs: number, atUs: number): void;
  /** A request begins anew. */
  onResent(): void;
  /** The peer has closed an idle connection, or said something unasked on it. */
  onIdleClose(connection: Connection): void;
  /** It is closed, and can be used again for a new one. */
  onClosed(connection: Connection): void;
  /** A request has begun. */
  onStarted(atUs: number): void;
  /** A request's bytes were handed to an open connection. */
  onBytesSent(bytes: number): void;
}

const noRetries: readonly number[] = [];
const noBytes = Buffer.alloc(0);

/** What a connection's line is good for. */
enum State {
  /** There is none. */
  Closed,
  Connecting,
  /** Ready for a request, or at work on one. */
  Open,
  /** Of no further use; only its end is waited for. */
  Closing,
}

/**
 * One connection at a time to the target and the request on it, if any. It turns whatever happens on its line into
 * exactly one `onResponse` or `onFailure` for each request begun. The object is used again when its line has closed,
 * because building parsers and sockets anew is most of what a request without keep-alive would cost.
 */
export class Connection implements Exchange, LineEvents {
  /** Number of the request in the run. */
  index = 0;
  /** Its kind in the mix. */
  kind = 0;
  /** When it was due; `undefined` in the closed model. */
  intendedUs: number | undefined;
  /** `Infinity` as long as nothing of it has been handed to the system. */
  startUs = Number.POSITIVE_INFINITY;
  /** When it times out. */
  deadlineUs = Number.POSITIVE_INFINITY;
  /** What the sender itself was late with it, at most. */
  lagUs = 0;
  /** Of that, how late it started. */
  startLateUs = 0;
  /** From the arrival of a piece of its answer to when that was looked at, at most. */
  handlingUs = 0;
  /** Start to connection ready; 0 when it was open already, `undefined` before it is ready. */
  connectUs: number | undefined;
  /** True when the request opened the connection. */
  opened = false;
  /** -1 until a byte has arrived. */
  firstByteUs = -1;
  /** -1 until a byte of the body has arrived. */
  firstBodyByteUs = -1;
  /** Cell of the backend that sent the head. */
  cell = unattributedCell;
  /** Cells of the backends that were tried before. */
  retries: readonly number[] = noRetries;
  receivedBytes = 0;
  busy = false;
  /** Place in the owner's list of busy connections. */
  slot = -1;
  /** When it began to wait for the peer to close. */
  closingSinceUs = 0;
  readonly parser: ResponseParser;
  /** Reads the answer, where that is an event stream. */
  stream: StreamReader | undefined;
  /** The answer, where it is no stream although one was asked for. */
  unstreamed: BodyCollector | undefined;
  /** What checks look at, where there are any. */
  answer: CheckedAnswer | undefined;

  #state = State.Closed;
  readonly #line: Line;
  #attributed = false;
  #request: Buffer = noBytes;
  #body: Uint8Array = noBytes;
  /** The request begins anew as soon as the line has closed. */
  #isPending = false;
  readonly #collector: BodyCollector | undefined;
  /** Kept for the next answer that is checked. */
  #checked: CheckedAnswer | undefined;
  /** Kept for the next stream, and the next answer that is none. */
  #reader: StreamReader | undefined;
  #plainReader: BodyCollector | undefined;
  #asksForStream = false;
  /** The answer is there, and the end of its stream is still being looked at. */
  #isEnding = false;
  /** The line closed meanwhile. */
  #hasClosed = false;

  /** @param source index of the local address */
  constructor(
    readonly owner: ConnectionOwner,
    wire: Wire,
    readonly attributor: Attributor,
    readonly source: number,
  ) {
    this.#line = wire.newLine(source, this);
    this.parser = new ResponseParser(attributor.header, owner.heads);
    this.#collector = attributor.newCollector?.();
    this.parser.onBody = () => this.#onBody();
  }

  /**
   * Sends a request, over a new connection when none is open. The caller has set index, kind and intendedUs.
   *
   * @param body follows the bytes; it is not copied
   * @param asksForStream it asks a language model for a stream
   * @param checks what its response must be like
   */
  begin(
    bytes: Buffer,
    body: Uint8Array,
    headRequest: boolean,
    asksForStream: boolean,
    checks?: ResponseChecks | undefined,
  ): void {
    this.busy = true;
    this.#asksForStream = asksForStream;
    this.stream = undefined;
    this.unstreamed = undefined;
    this.answer = undefined;
    this.parser.head.onCheckedField = undefined;
    if (checks !== undefined) this.#watch(checks);
    this.parser.bodySink = this.#sink;
    this.firstByteUs = -1;
    this.firstBodyByteUs = -1;
    this.cell = unattributedCell;
    this.retries = noRetries;
    this.receivedBytes = 0;
    this.handlingUs = 0;
    this.#attributed = false;
    this.#collector?.clear();
    this.parser.reset(headRequest);
    this.#request = bytes;
    this.#body = body;
    this.opened = this.#state !== State.Open;
    this.connectUs = this.opened ? undefined : 0;
    this.#send();
  }

  /** Keeps of the response what its checks look at. */
  #watch(checks: ResponseChecks): void {
    this.#checked ??= new CheckedAnswer(this.#collector);
    this.#checked.begin(checks);
    this.answer = this.#checked;
    if (checks.headers.size > 0) this.parser.head.onCheckedField = this.#checked.onField;
  }

  /** What the body is kept in; `undefined` where nobody wants it. */
  get #sink(): BodyCollector | undefined {
    return this.answer?.sink ?? this.#collector;
  }

  /** Starts from nothing, or from an open line. */
  #send(): void {
    this.startUs = Number.POSITIVE_INFINITY;
    this.deadlineUs = Number.POSITIVE_INFINITY;
    if (this.#state !== State.Open) {
      this.#state = State.Connecting;
      this.#line.open();
    }
    this.#line.send(this.#request, this.#body);
  }

  onHandedOver(atUs: number): void {
    // Behind the opening of the line the request itself follows.
    if (this.startUs !== Number.POSITIVE_INFINITY) return;
    this.startUs = atUs;
    this.deadlineUs = atUs + this.owner.timeoutUs;
    this.owner.onStarted(atUs);
  }

  /** Start to first byte. */
  get ttfbUs(): number | undefined {
    return this.firstByteUs < 0 ? undefined : this.firstByteUs - this.startUs;
  }

  /** Start to first byte of the body. */
  get firstByteBodyUs(): number | undefined {
    return this.firstBodyByteUs < 0 ? undefined : this.firstBodyByteUs - this.startUs;
  }

  /** Of the response's head, once that is complete. */
  get status(): number | undefined {
    return this.parser.headComplete ? this.parser.head.status : undefined;
  }

  get bodyBytes(): number {
    return this.parser.bodyBytes;
  }

  /** True when another request can follow on it. */
  get reusable(): boolean {
    return this.#state === State.Open && this.parser.keepAlive && this.#line.isDrained;
  }

  /** Ends the request in hand, if any, with this outcome, and closes the connection. */
  abandon(outcome: Outcome, text?: string): void {
    if (this.busy) this.#fail(outcome, text);
    else this.destroy();
  }

  /** Closes at once. */
  destroy(): void {
    if (this.#state === State.Closed) return;
    this.#state = State.Closing;
    this.#line.close();
  }

  /**
   * Lets the peer close first, as it has announced, so that the port waits in TIME_WAIT there and not here, where a
   * run without keep-alive would use up all of them. The owner calls `destroy` when that takes too long.
   */
  linger(): void {
    if (this.#state !== State.Open) return;
    if (!this.#line.isDrained) {
      // Nobody waits for the rest of a body that has been answered before its end.
      this.destroy();
      return;
    }
    this.#state = State.Closing;
    this.closingSinceUs = nowUs();
  }

  /** What a TLS connection has negotiated. */
  get tls(): TlsSession | undefined {
    return this.#line.tls;
  }

  onReady(atUs: number): void {
    if (this.#state !== State.Connecting) return;
    this.#state = State.Open;
    this.owner.onSeen(atUs);
    this.connectUs = atUs - this.startUs;
  }

  onSent(bytes: number): void {
    this.owner.onBytesSent(bytes);
  }

  onBytes(buffer: Uint8Array, start: number, end: number, arrivedUs: number, seenUs: number): void {
    if (this.#state === State.Closing) return;
    if (!this.busy) {
      this.#dropIdle();
      return;
    }
    this.owner.onSeen(seenUs);
    if (seenUs - arrivedUs > this.handlingUs) this.handlingUs = seenUs - arrivedUs;
    const { parser } = this;
    if (this.firstByteUs < 0) {
      this.firstByteUs = arrivedUs;
      // It was ready by then, whenever that was seen.
      if ((this.connectUs ?? 0) > arrivedUs - this.startUs) this.connectUs = arrivedUs - this.startUs;
    }
    this.receivedBytes += end - start;
    const used = parser.execute(buffer, start, end);
    if (this.firstBodyByteUs < 0 && parser.bodyBytes > 0) this.firstBodyByteUs = arrivedUs;
    if (parser.headComplete && !this.#attributed) {
      this.#attributed = true;
      if (this.#collector === undefined) {
        this.cell = this.attributor.byHeader(parser.head);
        this.retries = this.attributor.lastRetries;
      }
    }
    if (this.stream !== undefined) this.#endRead(this.stream, arrivedUs);
    if (parser.done) {
      if (used < end) this.#fail(Outcome.malformed, 'more bytes than the response has', arrivedUs);
      else this.#complete(arrivedUs);
    } else if (parser.malformed) {
      this.#fail(Outcome.malformed, parser.problem, arrivedUs);
    }
  }

  onEnd(isSure: boolean): void {
    if (this.#state !== State.Closing && !this.#isEnding) {
      if (this.busy) {
        const isCut = this.parser.endsWithConnection && !isSure;
        if (!isCut) this.parser.end();
        if (this.parser.done) this.#complete(nowUs());
        else if (isCut)
          this.#fail(Outcome.closed, 'ended without close_notify, so the body may be cut short');
        else if (!this.#isResent())
          this.#fail(this.#closeOutcome(), 'closed by the server before the response was complete');
      } else {
        this.#dropIdle();
      }
    }
    this.destroy();
  }

  onError(code: string | undefined, text: string): void {
    if (this.#state === State.Closing || this.#isEnding) return;
    if (!this.busy) {
      this.#dropIdle();
    } else if (this.#state === State.Connecting) {
      this.#fail(Outcome.connectError, text);
    } else if (code === 'ETIMEDOUT') {
      this.#fail(Outcome.timeout, text);
    } else if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'ECONNABORTED') {
      if (!this.#isResent()) this.#fail(Outcome.reset, text);
    } else {
      this.#fail(Outcome.closed, text);
    }
  }

  onClosed(): void {
    if (this.#isEnding) {
      this.#state = State.Closed;
      this.#hasClosed = true;
      return;
    }
    if (this.#state !== State.Closing) {
      if (!this.busy) this.#dropIdle();
      else if (!this.#isResent()) this.#fail(this.#closeOutcome(), 'closed before the response was complete');
    }
    this.#state = State.Closed;
    if (this.#isPending) {
      this.#isPending = false;
      this.#send();
    } else {
      this.owner.onClosed(this);
    }
  }

  /**
   * Has the request begin anew, on a new connection and once, when the peer closed a kept one without a byte of an answer and so
   * soon that it had closed before it could see the request.
   */
  #isResent(): boolean {
    if (this.opened || this.firstByteUs >= 0) return false;
    const { resendWithinUs } = this.owner;
    if (resendWithinUs < 0 || nowUs() - this.startUs > resendWithinUs + this.lagUs) return false;
    this.owner.onResent();
    this.opened = true;
    this.connectUs = undefined;
    this.#isPending = true;
    this.destroy();
    return true;
  }

  /** Before the connection is ready there is no exchange to break off: a TLS handshake was refused. */
  #closeOutcome(): Outcome {
    return this.#state === State.Connecting ? Outcome.connectError : Outcome.closed;
  }

  #dropIdle(): void {
    this.destroy();
    this.owner.onIdleClose(this);
  }

  #complete(now: number): void {
    if (this.#collector !== undefined) {
      this.cell = this.attributor.byBody(this.#collector);
      this.retries = this.attributor.lastRetries;
    }
    const { stream } = this;
    if (stream === undefined) {
      this.#respond(now);
      return;
    }
    this.#isEnding = true;
    stream.end(() => this.#endStream(stream, now));
  }

  /** A whole response need not hold a whole answer. */
  #endStream({ observer }: StreamReader, now: number): void {
    const end = observer.endOf(this.#asksForStream);
    if (end === 'complete') this.#respond(now);
    else if (end === 'other') {
      this.stream = undefined;
      this.#respond(now);
    } else if (end === 'truncated') {
      this.#fail(Outcome.truncated, 'a stream ended without having said that it was done', now);
    } else if (end === 'empty') {
      this.#fail(Outcome.empty, 'a stream ended without any output', now);
    } else {
      this.#fail(Outcome.streamError, `error in a stream: ${sanitize(observer.errorText ?? '')}`, now);
    }
  }

  #respond(now: number): void {
    this.busy = false;
    this.owner.onResponse(this, now);
    this.#release();
  }

  /** The request has ended: what happened to the line meanwhile is due. */
  #release(): void {
    this.#isEnding = false;
    if (!this.#hasClosed) return;
    this.#hasClosed = false;
    this.owner.onClosed(this);
  }

  /** The body that follows may be a stream, or what a server says that does not stream. */
  #onBody(): void {
    const { head } = this.parser;
    const isGood = head.status >= 200 && head.status < 300;
    if (!isGood || head.coding === undefined) return;
    if (head.isEventStream) {
      this.#reader ??= new StreamReader((gapUs, atUs) => this.owner.onGap(this, gapUs, atUs));
      this.stream = this.#reader;
      this.stream.also = this.#sink;
      this.stream.begin(head.coding);
      this.parser.bodySink = this.stream;
    } else if (this.#asksForStream && head.coding === 'identity') {
      this.#plainReader ??= new BodyCollector();
      this.unstreamed = this.#sink ?? this.#plainReader;
      this.unstreamed.clear();
      this.parser.bodySink = this.unstreamed;
    }
  }

  /** As long as a stream goes on, it may: up to a time of its own, and never silent for too long. */
  #endRead(stream: StreamReader, atUs: number): void {
    const { streamTimeoutUs, idleTimeoutUs } = this.owner;
    stream.bursts.read(atUs, this.parser.bodyBytes, this.receivedBytes);
    stream.endRead(atUs);
    this.deadlineUs = Math.min(this.startUs + streamTimeoutUs + this.lagUs, atUs + idleTimeoutUs);
  }

  /** Why its time is over, when that is so. */
  get lateText(): string {
    const { timeoutUs, streamTimeoutUs, idleTimeoutUs } = this.owner;
    const ms = (us: number) => `${Math.round(us / 1000)} ms`;
    if (this.stream === undefined) return `no complete response within ${ms(timeoutUs)}`;
    const isSilent = this.deadlineUs < this.startUs + streamTimeoutUs;
    return isSilent
      ? `a stream was silent for ${ms(idleTimeoutUs)}`
      : `a stream was not complete within ${ms(streamTimeoutUs)}`;
  }

  #fail(outcome: Outcome, text: string | undefined, now = nowUs()): void {
    // Ended before it began: its batch was not handed over yet.
    this.onHandedOver(now);
    this.busy = false;
    this.#isPending = false;
    this.destroy();
    this.owner.onFailure(this, outcome, text, now);
    this.stream?.cancel();
    this.#release();
  }
}
