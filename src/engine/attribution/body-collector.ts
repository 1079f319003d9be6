import type { BodySink } from '../native/body-sink.js';

/** A body is kept up to here when it has to tell the backend; the rest is not looked at. */
const maxBodyBytes = 1024 * 1024;

/** Keeps the start of one response body after another for attribution by body. */
export class BodyCollector implements BodySink {
  #bytes = Buffer.allocUnsafe(1024);
  #length = 0;

  clear(): void {
    this.#length = 0;
  }

  append(buffer: Uint8Array, start: number, end: number): void {
    const stop = Math.min(end, start + maxBodyBytes - this.#length);
    const needed = this.#length + stop - start;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(2 * needed);
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(buffer.subarray(start, stop), this.#length);
    this.#length = needed;
  }

  text(): string {
    return this.#bytes.toString('utf8', 0, this.#length);
  }
}
