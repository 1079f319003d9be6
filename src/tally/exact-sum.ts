const unit = 2 ** 32;
const carryAt = 2 ** 52;

/**
 * Adds up whole numbers without rounding, so that the sum is the same in whatever order and however the numbers are
 * divided: in two parts, as long as the sum stays below 2^85.
 */
export class ExactSum {
  #high = 0;
  #low = 0;

  /** @param times how often the same value, at most 2^20 */
  add(value: number, times = 1): void {
    const high = Math.floor(value / unit);
    this.#high += high * times;
    this.#low += (value - high * unit) * times;
    if (this.#low >= carryAt) this.#carry();
  }

  addParts([high, low]: SumParts): void {
    this.#high += high;
    this.#low += low;
    this.#carry();
  }

  get parts(): SumParts {
    this.#carry();
    return [this.#high, this.#low];
  }

  /** The sum, rounded once. */
  get value(): number {
    return this.#high * unit + this.#low;
  }

  clear(): void {
    this.#high = 0;
    this.#low = 0;
  }

  #carry(): void {
    const over = Math.floor(this.#low / unit);
    this.#high += over;
    this.#low -= over * unit;
  }
}

/** Multiples of 2^32, and what is left: a sum that survives a structured clone. */
export type SumParts = readonly [high: number, low: number];
