import { nowUs } from './monotonic-clock.js';

/** A lease in a form that survives a structured clone; all threads look at the same one. */
export interface LeaseData {
  readonly memory: SharedArrayBuffer;
  readonly baseUs: number;
}

/**
 * Until when a process may start requests. Looked at before every start, so that a process that was asleep when its lease
 * ran out sends nothing when it wakes up. One thread extends it, all look.
 */
export class Lease {
  /** Milliseconds since the base, whole ones, so that a reader never sees half of a number. */
  readonly #untilMs: Int32Array;
  readonly #baseUs: number;

  constructor(readonly data: LeaseData = { memory: new SharedArrayBuffer(4), baseUs: nowUs() }) {
    this.#untilMs = new Int32Array(data.memory);
    this.#baseUs = data.baseUs;
  }

  /** @param untilUs of the shared clock; an earlier one shortens it */
  set(untilUs: number): void {
    Atomics.store(this.#untilMs, 0, Math.floor((untilUs - this.#baseUs) / 1000));
  }

  /** It is over now, for good. */
  end(): void {
    Atomics.store(this.#untilMs, 0, -1);
  }

  get untilUs(): number {
    return this.#baseUs + Atomics.load(this.#untilMs, 0) * 1000;
  }

  get isOver(): boolean {
    return nowUs() >= this.untilUs;
  }
}
