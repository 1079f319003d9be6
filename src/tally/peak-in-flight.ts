/** Finished requests kept until the next sweep; a sweep costs one sort of twice as many numbers. */
const capacity = 8192;
/** Tracks a key has room for: 2^11, above the 1,024 backends a tally keeps plus the unattributed. */
const trackFactor = 2048;

/**
 * The largest number of requests in flight at once, per backend, exactly and in bounded memory.
 *
 * Which backend a request went to is known only when it has answered, so its interval arrives late. All intervals
 * that cover a moment are known once every request that started before that moment has ended. So intervals wait in a
 * buffer, and a sweep goes over starts and ends in order of time, but only up to the oldest start still in flight.
 *
 * Subtle: one request that hangs for minutes would hold the sweep back while the buffer fills. Then the sweep goes
 * past it, and when that request ends at last, the part of its interval that was swept already is not counted.
 */
export class PeakInFlight {
  readonly peaks: number[] = [];
  readonly #current: number[] = [];
  /**
   * One number an event, so that the buffer is sorted natively: microseconds, then end before start (an interval
   * that ends as another starts does not overlap it), then the track. Exact below 2^53, which is 25 days.
   */
  #events = new Float64Array(2 * capacity);
  #length = 0;
  #sweptUs = 0;

  addTrack(): void {
    this.peaks.push(0);
    this.#current.push(0);
  }

  /** Books an interval. True when the buffer is full: call `sweep`. */
  record(track: number, startUs: number, endUs: number): boolean {
    // What was swept already cannot be counted any more.
    const fromUs = Math.max(startUs, this.#sweptUs);
    if (endUs < fromUs) return false;
    this.#events[this.#length++] = (fromUs * 2 + 1) * trackFactor + track;
    this.#events[this.#length++] = (endUs === fromUs ? endUs * 2 + 2 : endUs * 2) * trackFactor + track;
    return this.#length === this.#events.length;
  }

  /** Counts everything before `oldestStartUs`, the earliest start among the requests still in flight. */
  sweep(oldestStartUs: number): void {
    const events = this.#events.subarray(0, this.#length).sort();
    let done = this.#apply(events, 0, oldestStartUs);
    // More than half the buffer held back by a hanging request: go past it rather than grow.
    if (events.length - done > capacity) {
      const middleUs = this.#middle(events, done);
      done = this.#apply(events, done, middleUs);
      // All that is left may lie in one microsecond; some of it must go all the same.
      if (events.length - done > capacity) done = this.#apply(events, done, middleUs + 1);
    }
    this.#events.copyWithin(0, done, this.#length);
    this.#length -= done;
  }

  /** Counts all that is left; at the end of a run. */
  finish(): void {
    this.sweep(Number.POSITIVE_INFINITY);
  }

  /** The moment of the event half-way through what is left. */
  #middle(events: Float64Array, done: number): number {
    const index = Math.floor((done + events.length) / 2);
    return Math.floor((events[index] as number) / trackFactor / 2);
  }

  #apply(events: Float64Array, from: number, beforeUs: number): number {
    let i = from;
    for (; i < events.length; i++) {
      const event = events[i] as number;
      const moment = Math.floor(event / trackFactor);
      if (moment >= beforeUs * 2) break;
      const track = event - moment * trackFactor;
      if (moment % 2 === 1) {
        const current = (this.#current[track] as number) + 1;
        this.#current[track] = current;
        if (current > (this.peaks[track] as number)) this.peaks[track] = current;
      } else {
        this.#current[track] = (this.#current[track] as number) - 1;
      }
    }
    if (beforeUs !== Number.POSITIVE_INFINITY && beforeUs > this.#sweptUs) this.#sweptUs = beforeUs;
    return i;
  }
}
