import { Buffer } from 'node:buffer';
import { createBrotliDecompress, createGunzip, createInflate, constants as zlib } from 'node:zlib';
import { Bursts } from '../stream/bursts.js';
import { StreamObserver } from '../stream/stream-observer.js';
import type { BodySink } from './native/body-sink.js';

/** How a body is coded, as far as this can undo it. */
export type Coding = 'identity' | 'gzip' | 'deflate' | 'br';

/** A stream that inflates to more than this is somebody's joke, and so is one that comes faster than it can be inflated. */
const mostInflatedBytes = 256 * 1024 * 1024;
const mostWaitingBytes = 16 * 1024 * 1024;

/**
 * Reads the event streams that come over one connection, one after the other, compressed or not. What is compressed is
 * inflated as it comes, on the system's threads: its events are dated by the read that brought their bytes.
 */
export class StreamReader implements BodySink {
  readonly observer = new StreamObserver();
  readonly bursts = new Bursts();
  /** Wants the body too. */
  also: BodySink | undefined;
  isCompressed = false;

  /** Gets the time between two reads that carried output, once both have been looked at. */
  readonly #onGap: (gapUs: number, atUs: number) => void;
  #inflate: Inflate | undefined;

  constructor(onGap: (gapUs: number, atUs: number) => void) {
    this.#onGap = onGap;
  }

  /** Gets ready for another stream. */
  begin(coding: Coding): void {
    this.cancel();
    this.observer.reset();
    this.bursts.clear();
    this.isCompressed = coding !== 'identity';
    if (coding !== 'identity') {
      this.#inflate = new Inflate(
        coding,
        (bytes) => this.observer.append(bytes, 0, bytes.length),
        (atUs) => this.#endRead(atUs),
        () => this.observer.onTooLong(),
      );
    }
  }

  append(buffer: Uint8Array, start: number, end: number): void {
    this.also?.append(buffer, start, end);
    if (this.#inflate === undefined) this.observer.append(buffer, start, end);
    else this.#inflate.append(buffer, start, end);
  }

  /** All that came since the last call came in one read, at `atUs`. */
  endRead(atUs: number): void {
    if (this.#inflate === undefined) this.#endRead(atUs);
    else this.#inflate.endRead(atUs);
  }

  /** The body is over; calls back once all of it has been looked at, at once where nothing has to be inflated. */
  end(done: () => void): void {
    if (this.#inflate === undefined) done();
    else this.#inflate.end(done);
  }

  /** Nobody wants to know the rest. */
  cancel(): void {
    this.#inflate?.cancel();
    this.#inflate = undefined;
  }

  #endRead(atUs: number): void {
    const gapUs = this.observer.endRead(atUs);
    if (gapUs >= 0) this.#onGap(gapUs, atUs);
  }
}

const inflaters = {
  gzip: () => createGunzip({ finishFlush: zlib.Z_SYNC_FLUSH }),
  deflate: () => createInflate({ finishFlush: zlib.Z_SYNC_FLUSH }),
  br: () => createBrotliDecompress({ finishFlush: zlib.BROTLI_OPERATION_FLUSH }),
} as const;

/** Inflates one stream read by read. What is damaged, or too much, ends it: what came before counts. */
class Inflate {
  readonly #stream;
  readonly #onRead: (atUs: number) => void;
  readonly #onTrouble: () => void;
  #parts: Uint8Array[] = [];
  #lastUs = 0;
  #bytes = 0;
  #isOver = false;
  #done: (() => void) | undefined;

  constructor(
    coding: keyof typeof inflaters,
    onBytes: (bytes: Buffer) => void,
    onRead: (atUs: number) => void,
    onTrouble: () => void,
  ) {
    this.#onRead = onRead;
    this.#onTrouble = onTrouble;
    this.#stream = inflaters[coding]();
    this.#stream.on('data', (bytes: Buffer) => {
      if (this.#isOver) return;
      this.#bytes += bytes.length;
      if (this.#bytes > mostInflatedBytes) this.#fail();
      else onBytes(bytes);
    });
    this.#stream.on('error', () => this.#fail());
    this.#stream.on('end', () => this.#finish());
  }

  append(buffer: Uint8Array, start: number, end: number): void {
    // The buffer is the connections' own: its next read is there before this one is inflated.
    if (!this.#isOver) this.#parts.push(Uint8Array.prototype.slice.call(buffer, start, end));
  }

  endRead(atUs: number): void {
    if (this.#parts.length === 0 || this.#isOver) return;
    const bytes = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#lastUs = atUs;
    if (this.#stream.writableLength + bytes.length > mostWaitingBytes) this.#fail();
    else
      this.#stream.write(bytes, () => {
        if (!this.#isOver) this.#onRead(atUs);
      });
  }

  end(done: () => void): void {
    if (this.#isOver) {
      done();
      return;
    }
    this.#done = done;
    this.#stream.end();
  }

  cancel(): void {
    this.#isOver = true;
    this.#done = undefined;
    this.#stream.destroy();
  }

  #fail(): void {
    if (this.#isOver) return;
    this.#onTrouble();
    this.#finish();
    this.#stream.destroy();
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onRead(this.#lastUs);
    this.#done?.();
  }
}
