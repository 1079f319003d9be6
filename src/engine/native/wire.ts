import type { TlsSession } from '../load-job.js';

/**
 * One thread's way to the target: lines that are opened, sent over and closed, and the turns in which it is told what came of
 * that. Connections, pacers and the accounting stand over this and know nothing else of sockets or of Node's event loop.
 */
export interface Wire {
  /** A line that is not open yet. @param source index of the local address it is bound to, 0 where there is none to choose */
  newLine(source: number, events: LineEvents): Line;
  /** Calls back every so often, however much or little happens, from now up to `end`. */
  begin(onTick: () => void, everyMs: number): void;
  end(): void;
  /** Calls back once, behind what is being handled and behind what has come meanwhile. */
  soon(callback: () => void): void;
  /** Calls back once, in so many microseconds; `Infinity` for never. A later call replaces an earlier one. */
  wakeIn(us: number, callback: () => void): void;
  /** Time that this thread has been at work for so far, in microseconds from any origin. */
  readonly busyUs: number;
  /** Gives everything back. All lines have been closed. */
  close(): void;
}

/** One connection at a time to the target: it can be opened again once it has closed. */
export interface Line {
  open(): void;
  /**
   * Sends a request as soon as the line is ready.
   *
   * @param body follows the bytes; neither is copied before it is sent, so both must stay as they are
   */
  send(bytes: Buffer, body: Uint8Array): void;
  /** Closes at once; `onClosed` follows, and nothing else does. */
  close(): void;
  /** True when all that was to be sent has been taken by the system. */
  readonly isDrained: boolean;
  /** What a TLS connection has negotiated. */
  readonly tls: TlsSession | undefined;
}

/** What a line tells whoever opened it. All moments are microseconds of `nowUs`. */
export interface LineEvents {
  /** What was begun, an `open` or a `send`, is handed to the system now. */
  onHandedOver(atUs: number): void;
  /** The line is ready, TLS included. */
  onReady(atUs: number): void;
  /** So many bytes of the request have been handed to an open connection. */
  onSent(bytes: number): void;
  /**
   * `buffer[start, end)` has come. The buffer is only valid during the call.
   *
   * @param arrivedUs when the last of it arrived, as far as this wire can tell
   * @param seenUs when it was looked at
   */
  onBytes(buffer: Uint8Array, start: number, end: number, arrivedUs: number, seenUs: number): void;
  /** The peer will send no more. @param isSure false when not the peer but somebody on the way may have said so */
  onEnd(isSure: boolean): void;
  /** @param code as in `ECONNREFUSED` */
  onError(code: string | undefined, text: string): void;
  /** The line is closed, by whomever: it can be opened again. */
  onClosed(): void;
}
