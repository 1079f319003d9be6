import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { Outcome } from '../../model/outcome.js';
import { unattributedCell } from '../../tally/attempt-cells.js';
import type { Attributor } from '../attribution/attributor.js';
import type { BodyCollector } from '../attribution/body-collector.js';
import type { Dialer } from '../dial.js';
import type { TlsSession } from '../load-job.js';
import { nowUs } from '../monotonic-clock.js';
import type { Exchange } from '../recorder.js';
import type { HeadMemory } from './head-memory.js';
import { ResponseParser } from './response-parser.js';
import { hasSaidGoodbye, tlsSessionOf } from './tls-session.js';

/** What a connection tells the loop that drives it. */
export interface ConnectionOwner {
  readonly heads: HeadMemory;
  /** See `LoadJob.resendsUnseen`. */
  readonly resendsUnseen: boolean;
  readonly timeoutUs: number;
  /** Something is about to be handled that was seen at this moment. */
  onSeen(atUs: number): void;
  /** A complete response has arrived. `atUs` is when its last byte came. */
  onResponse(connection: Connection, atUs: number): void;
  /** The request ended otherwise, and the connection with it. */
  onFailure(connection: Connection, outcome: Outcome, text: string | undefined, atUs: number): void;
  /** The peer has closed an idle connection, or said something unasked on it. */
  onIdleClose(connection: Connection): void;
  /** The socket is closed: the connection can be used again, for a new one. */
  onClosed(connection: Connection): void;
  /** A request's bytes were handed to an open connection. */
  onBytesSent(bytes: number): void;
}

const noRetries: readonly number[] = [];
const noBody = new Uint8Array(0);

/** A large body goes out in slices of this: TLS encrypts what it is given into memory of its own, all at once. */
const sliceBytes = 256 * 1024;

/** What a connection's socket is good for. */
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
 * One connection at a time to the target and the request on it, if any. It turns whatever happens to its socket into
 * exactly one `onResponse` or `onFailure` for each request begun. The object is used again when its socket has closed,
 * because building parsers and sockets anew is most of what a request without keep-alive would cost.
 */
export class Connection implements Exchange {
  /** Number of the request in the run. */
  index = 0;
  /** Its kind in the mix. */
  kind = 0;
  intendedUs = 0;
  startUs = 0;
  /** When it times out. */
  deadlineUs = 0;
  /** What the sender itself was late with it, at most. */
  lagUs = 0;
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

  #state = State.Closed;
  #socket: Socket | undefined;
  #attributed = false;
  #request: Buffer | undefined;
  /** What follows it, in a copy that all connections share. */
  #body: Uint8Array = noBody;
  #bodySent = 0;
  /** The request is to be sent as soon as the connection is ready. */
  #pending = false;
  readonly #collector: BodyCollector | undefined;

  /** @param source index of the dialer's local address */
  constructor(
    readonly owner: ConnectionOwner,
    readonly dialer: Dialer,
    readonly attributor: Attributor,
    readonly source: number,
  ) {
    this.parser = new ResponseParser(attributor.header, owner.heads);
    this.#collector = attributor.newCollector?.();
    this.parser.bodySink = this.#collector;
  }

  /**
   * Sends a request, over a new socket when none is open. The caller has set index, kind and intendedUs.
   *
   * @param body follows the bytes; it is not copied
   */
  begin(bytes: Buffer, body: Uint8Array, headRequest: boolean): void {
    this.busy = true;
    this.firstByteUs = -1;
    this.firstBodyByteUs = -1;
    this.cell = unattributedCell;
    this.retries = noRetries;
    this.receivedBytes = 0;
    this.#attributed = false;
    this.#collector?.clear();
    this.parser.reset(headRequest);
    this.#request = bytes;
    this.#body = body;
    this.#start();
    if (this.#state === State.Open) {
      this.opened = false;
      this.connectUs = 0;
      this.#send();
    } else {
      this.opened = true;
      this.#pending = true;
      this.#open();
    }
  }

  #start(): void {
    this.startUs = nowUs();
    this.deadlineUs = this.startUs + this.owner.timeoutUs;
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
    return (
      this.#state === State.Open &&
      this.parser.keepAlive &&
      this.#bodySent === this.#body.length &&
      this.#socket?.writableLength === 0
    );
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
    this.#socket?.destroy();
  }

  /**
   * Lets the peer close first, as it has announced, so that the port waits in TIME_WAIT there and not here, where a
   * run without keep-alive would use up all of them. The owner calls `destroy` when that takes too long.
   */
  linger(): void {
    if (this.#state !== State.Open) return;
    this.#state = State.Closing;
    this.closingSinceUs = nowUs();
  }

  /** What a TLS connection has negotiated. */
  get tls(): TlsSession | undefined {
    const socket = this.#socket;
    return socket instanceof TLSSocket ? tlsSessionOf(socket) : undefined;
  }

  #open(): void {
    this.#state = State.Connecting;
    this.connectUs = undefined;
    if (this.#socket !== undefined && this.dialer.reusesSockets) {
      this.dialer.reopen(this.#socket);
      return;
    }
    const socket = this.dialer.open((bytes, buffer) => this.#onBytes(bytes, buffer));
    this.#socket = socket;
    socket.on(this.dialer.readyEvent, () => this.#onReady());
    socket.on('end', () => this.#onEnd());
    socket.on('error', (error: NodeJS.ErrnoException) => this.#onError(error));
    socket.on('close', () => this.#onClose());
  }

  #onReady(): void {
    if (this.#state !== State.Connecting) return;
    this.#state = State.Open;
    const now = nowUs();
    this.owner.onSeen(now);
    this.connectUs = now - this.startUs;
    if (this.#pending) {
      this.#pending = false;
      this.#send();
    }
  }

  #send(): void {
    const socket = this.#socket as Socket;
    const bytes = this.#request as Buffer;
    this.#bodySent = 0;
    this.owner.onBytesSent(bytes.length);
    if (this.#body.length === 0) {
      socket.write(bytes);
      return;
    }
    socket.cork();
    socket.write(bytes);
    this.#sendSlice();
    socket.uncork();
  }

  /** Sends the next slice of the body, and the ones behind it as the system takes them. */
  #sendSlice(): void {
    const slice = this.#body.subarray(this.#bodySent, this.#bodySent + sliceBytes);
    this.#bodySent += slice.length;
    this.owner.onBytesSent(slice.length);
    if (this.#bodySent === this.#body.length) this.#socket?.write(slice);
    else this.#socket?.write(slice, (error) => this.#onSliceTaken(error));
  }

  #onSliceTaken(error: Error | null | undefined): void {
    // The request may have ended without all of its body.
    if (!error && this.busy && this.#state === State.Open) this.#sendSlice();
  }

  #onBytes(bytes: number, buffer: Uint8Array): boolean {
    if (this.#state === State.Closing) return true;
    if (!this.busy) {
      this.#dropIdle();
      return true;
    }
    const now = nowUs();
    this.owner.onSeen(now);
    const { parser } = this;
    if (this.firstByteUs < 0) this.firstByteUs = now;
    this.receivedBytes += bytes;
    const used = parser.execute(buffer, 0, bytes);
    if (this.firstBodyByteUs < 0 && parser.bodyBytes > 0) this.firstBodyByteUs = now;
    if (parser.headComplete && !this.#attributed) {
      this.#attributed = true;
      if (this.#collector === undefined) {
        this.cell = this.attributor.byHeader(parser.head);
        this.retries = this.attributor.lastRetries;
      }
    }
    if (parser.done) {
      if (used < bytes) this.#fail(Outcome.malformed, 'more bytes than the response has', now);
      else this.#complete(now);
    } else if (parser.malformed) {
      this.#fail(Outcome.malformed, parser.problem, now);
    }
    return true;
  }

  /** The peer will send no more. */
  #onEnd(): void {
    if (this.#state !== State.Closing) {
      if (this.busy) {
        const socket = this.#socket;
        const isCut =
          this.parser.endsWithConnection && socket instanceof TLSSocket && !hasSaidGoodbye(socket);
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

  #onError(error: NodeJS.ErrnoException): void {
    if (this.#state === State.Closing) return;
    if (!this.busy) {
      this.#dropIdle();
    } else if (this.#state === State.Connecting) {
      this.#fail(Outcome.connectError, error.message);
    } else if (error.code === 'ETIMEDOUT') {
      this.#fail(Outcome.timeout, error.message);
    } else if (error.code === 'ECONNRESET' || error.code === 'EPIPE' || error.code === 'ECONNABORTED') {
      if (!this.#isResent()) this.#fail(Outcome.reset, error.message);
    } else {
      this.#fail(Outcome.closed, error.message);
    }
  }

  #onClose(): void {
    if (this.#state !== State.Closing) {
      if (!this.busy) this.#dropIdle();
      else if (!this.#isResent()) this.#fail(this.#closeOutcome(), 'closed before the response was complete');
    }
    this.#state = State.Closed;
    if (!this.dialer.reusesSockets) this.#socket = undefined;
    if (!this.#pending) {
      this.owner.onClosed(this);
    } else {
      this.#start();
      this.#open();
    }
  }

  /**
   * Has the request begin anew, on a new connection, when the peer closed a kept one without a byte of an answer: it had
   * closed before it could see the request.
   */
  #isResent(): boolean {
    if (!this.owner.resendsUnseen || this.opened || this.firstByteUs >= 0) return false;
    this.opened = true;
    this.#pending = true;
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
    this.busy = false;
    this.owner.onResponse(this, now);
  }

  #fail(outcome: Outcome, text: string | undefined, now = nowUs()): void {
    this.busy = false;
    this.#pending = false;
    this.destroy();
    this.owner.onFailure(this, outcome, text, now);
  }
}
