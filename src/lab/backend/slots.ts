/**
 * A server that works on `limit` requests at once and lets the others queue in order of arrival.
 * `undefined` is no limit.
 */
export class Slots {
  #free: number;
  readonly #queue: (() => void)[] = [];

  constructor(limit: number | undefined) {
    this.#free = limit ?? Number.POSITIVE_INFINITY;
  }

  /** Runs `work` now or when a slot is free; every `work` that has run must be followed by one `release`. */
  acquire(work: () => void): void {
    if (this.#free > 0) {
      this.#free -= 1;
      work();
    } else this.#queue.push(work);
  }

  /** Gives a slot back, to the longest waiting if any. */
  release(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }

  /** Takes a waiting `work` out of the queue; false when it has run already. */
  cancel(work: () => void): boolean {
    const index = this.#queue.indexOf(work);
    if (index >= 0) this.#queue.splice(index, 1);
    return index >= 0;
  }
}
