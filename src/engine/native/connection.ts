import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Outcome } from '../../model/outcome.js';
import { unattributedCell } from '../../tally/tally.js';
import type { Attributor } from '../attribution/attributor.js';
import type { BodyCollector } from '../attribution/body-collector.js';
import type { Dialer } from '../dial.js';
import { nowUs } from '../monotonic-clock.js';
import { ResponseParser } from './response-parser.js';

/** What a connection tells the loop that drives it. */
export interface ConnectionOwner {
  /** A complete response has arrived; the connection is not busy any more. `atUs` is when its last byte came. */
  onResponse(connection: Connection, atUs: number): void;
  /** The request ended otherwise; the connection is of no further use. */
  onFailure(connection: Connection, outcome: Outcome, text: string | undefined, atUs: number): void;
  /** A connection without a request was closed by the peer, or said something unasked. */
  onIdleClose(connection: Connection): void;
  onBytesReceived(bytes: number): void;
}

/** A connection that has not answered its FIN after this long is cut off. */
const lingerMs = 1000;

/**
 * One connection and the request on it, if any. It owns the socket and turns whatever happens to it into exactly one
 * `onResponse` or `onFailure` for each request begun.
 */
export class Connection {
  /** Number of the request in the run. */
  index = 0;
  /** Its kind in the mix. */
  kind = 0;
  intendedUs = 0;
  startUs = 0;
  /** Start to connection ready; 0 when it was open already. */
  connectUs = 0;
  /** True when the request opened the connection. */
  opened = false;
  /** -1 until a byte has arrived. */
  firstByteUs = -1;
  /** Cell of the backend that served the response. */
  cell = unattributedCell;
  receivedBytes = 0;
  busy = false;
  /** Place in the owner's list of busy connections. */
  slot = -1;
  readonly parser: ResponseParser;

  #socket: Socket | undefined;
  #ready = false;
  #closed = false;
  #attributed = false;
  /** Bytes to send as soon as the connection is ready. */
  #pending: Buffer | undefined;
  readonly #collector: BodyCollector | undefined;

  /** @param source index of the local address it is bound to */
  constructor(
    readonly owner: ConnectionOwner,
    readonly dialer: Dialer,
    readonly attributor: Attributor,
    readonly source: number,
    readonly localAddress: string | undefined,
  ) {
    this.parser = new ResponseParser(attributor.header);
    this.#collector = attributor.newCollector?.();
    this.parser.bodySink = this.#collector;
  }

  /** Sends a request, over a new socket when there is none. The caller has set index, kind and intendedUs. */
  begin(bytes: Buffer, headRequest: boolean): void {
    this.busy = true;
    this.firstByteUs = -1;
    this.cell = unattributedCell;
    this.receivedBytes = 0;
    this.#attributed = false;
    this.#collector?.clear();
    this.parser.reset(headRequest);
    this.connectUs = 0;
    this.startUs = nowUs();
    if (this.#ready) {
      this.opened = false;
      this.#socket?.write(bytes);
    } else {
      this.opened = true;
      this.#pending = bytes;
      this.#open();
    }
  }

  /** True when another request can follow on it. */
  get reusable(): boolean {
    return !this.#closed && this.parser.keepAlive && this.#socket?.writableLength === 0;
  }

  /** Ends the request in hand with this outcome and closes the connection. */
  abandon(outcome: Outcome, text?: string): void {
    if (this.busy) this.#fail(outcome, text);
    else this.destroy();
  }

  /** Closes at once. */
  destroy(): void {
    this.#closed = true;
    this.#socket?.destroy();
  }

  /**
   * Lets the peer close first, as it has announced, so that the port waits in TIME_WAIT there and not here, where a
   * run without keep-alive would use up all of them.
   */
  linger(): void {
    this.#closed = true;
    this.#socket?.setTimeout(lingerMs, () => this.#socket?.destroy());
  }

  /** Negotiated parameters of a TLS connection. */
  get tls(): { protocol: string; cipher: string; bits: number } | undefined {
    const socket = this.#socket as TLSSocket | undefined;
    if (socket?.encrypted !== true) return undefined;
    const cipher = socket.getCipher();
    const bits = /(?:AES|ARIA|CAMELLIA)[_-]?(128|256)/.exec(cipher.name)?.[1];
    return { protocol: socket.getProtocol() ?? 'TLS', cipher: cipher.name, bits: Number(bits ?? 256) };
  }

  #open(): void {
    const socket = this.dialer.open(this.localAddress, (bytes, buffer) => this.#onBytes(bytes, buffer));
    this.#socket = socket;
    socket.once(this.dialer.readyEvent, () => this.#onReady());
    socket.on('end', () => this.#onEnd());
    socket.on('error', (error: NodeJS.ErrnoException) => this.#onError(error));
    socket.on('close', () => this.#onClose());
  }

  #onReady(): void {
    if (this.#closed) return;
    this.#ready = true;
    this.connectUs = nowUs() - this.startUs;
    const bytes = this.#pending;
    this.#pending = undefined;
    if (bytes !== undefined) this.#socket?.write(bytes);
  }

  #onBytes(bytes: number, buffer: Uint8Array): boolean {
    if (this.#closed) return true;
    if (!this.busy) {
      this.destroy();
      this.owner.onIdleClose(this);
      return true;
    }
    const now = nowUs();
    const { parser } = this;
    if (this.firstByteUs < 0) this.firstByteUs = now;
    this.receivedBytes += bytes;
    this.owner.onBytesReceived(bytes);
    const used = parser.execute(buffer, 0, bytes);
    if (parser.headComplete && !this.#attributed) {
      this.#attributed = true;
      if (this.#collector === undefined) this.cell = this.attributor.byHeader(parser);
    }
    if (parser.done) {
      if (used < bytes) this.#fail(Outcome.malformed, 'more bytes than the response has', now);
      else this.#complete(now);
    } else if (parser.malformed) {
      this.#fail(Outcome.malformed, parser.problem, now);
    }
    return true;
  }

  #onEnd(): void {
    if (this.#closed) return;
    if (!this.busy) {
      this.destroy();
      this.owner.onIdleClose(this);
      return;
    }
    this.parser.end();
    if (this.parser.done) this.#complete(nowUs());
    else this.#fail(this.#closeOutcome(), 'closed by the server before the response was complete');
  }

  #onError(error: NodeJS.ErrnoException): void {
    if (this.#closed) return;
    if (!this.busy) {
      this.destroy();
      this.owner.onIdleClose(this);
    } else if (!this.#ready) {
      this.#fail(Outcome.connectError, error.message);
    } else if (error.code === 'ETIMEDOUT') {
      this.#fail(Outcome.timeout, error.message);
    } else if (error.code === 'ECONNRESET' || error.code === 'EPIPE' || error.code === 'ECONNABORTED') {
      this.#fail(Outcome.reset, error.message);
    } else {
      this.#fail(Outcome.closed, error.message);
    }
  }

  #onClose(): void {
    if (this.#closed) return;
    if (this.busy) this.#fail(this.#closeOutcome(), 'closed before the response was complete');
    else this.owner.onIdleClose(this);
    this.#closed = true;
  }

  /** Before the connection is ready there is no exchange to break off: a TLS handshake was refused. */
  #closeOutcome(): Outcome {
    return this.#ready ? Outcome.closed : Outcome.connectError;
  }

  #complete(now: number): void {
    if (this.#collector !== undefined) this.cell = this.attributor.byBody(this.#collector);
    this.busy = false;
    this.owner.onResponse(this, now);
  }

  #fail(outcome: Outcome, text: string | undefined, now = nowUs()): void {
    this.busy = false;
    this.destroy();
    this.owner.onFailure(this, outcome, text, now);
  }
}
