/** From the first start of a request to the last end, in milliseconds since 1970; infinite before the first one. */
export class TimeSpan {
  #firstStartMs = Number.POSITIVE_INFINITY;
  #lastEndMs = Number.NEGATIVE_INFINITY;

  startedAt(ms: number): void {
    if (ms < this.#firstStartMs) this.#firstStartMs = ms;
  }

  endedAt(ms: number): void {
    if (ms > this.#lastEndMs) this.#lastEndMs = ms;
  }

  /** `undefined` when no request had a time. */
  get firstStartMs(): number | undefined {
    return this.#firstStartMs === Number.POSITIVE_INFINITY ? undefined : this.#firstStartMs;
  }

  get lastEndMs(): number | undefined {
    return this.#lastEndMs === Number.NEGATIVE_INFINITY ? undefined : this.#lastEndMs;
  }
}
