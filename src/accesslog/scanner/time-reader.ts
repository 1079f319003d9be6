import type { Clock } from '../dialect/clock.js';

/**
 * Reads the times of lines. Lines of one second share its text, so the last one is remembered by its bytes. Users that
 * keep something for each time compare `version`: passing the number itself around would allocate it every time.
 */
export class TimeReader {
  /** Milliseconds since 1970 in UTC of the last time read. */
  ms = 0;
  /** Seconds east of UTC that the last time was written in. */
  offsetSec = 0;
  /** Changes whenever `ms` may have. */
  version = 0;
  readonly #last = new Uint8Array(48);
  #lastLength = -1;
  #isTime = false;

  constructor(private readonly clock: Clock) {}

  /** False for what is no time. */
  read(buffer: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    if (length === this.#lastLength) {
      const last = this.#last;
      let i = length - 1;
      while (i >= 0 && buffer[start + i] === last[i]) i--;
      if (i < 0) return this.#isTime;
    }
    if (length > this.#last.length) return false;
    this.#last.set(buffer.subarray(start, end));
    this.#lastLength = length;
    const moment = this.clock.read(buffer, start, end);
    this.#isTime = moment !== undefined;
    this.version++;
    if (moment !== undefined) {
      this.ms = moment.ms;
      this.offsetSec = moment.offsetSec;
    }
    return this.#isTime;
  }
}
