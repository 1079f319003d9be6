/** Steps kept; when there are more, two neighbours become one. A power of two. */
const mostSteps = 64;

/**
 * When the output of one stream came, in memory that does not grow with its length: so many steps, each from the end of
 * the one before it to its own moment. What comes in one read comes at one moment.
 */
export class OutputTrail {
  readonly #atUs = new Float64Array(mostSteps);
  readonly #fromUs = new Float64Array(mostSteps);
  readonly #amounts = new Float64Array(mostSteps);
  #length = 0;
  /** Reads that make up a step, and those that the last one has so far. */
  #readsOfStep = 1;
  #reads = 0;

  clear(): void {
    this.#length = 0;
    this.#readsOfStep = 1;
    this.#reads = 0;
  }

  add(atUs: number, amount: number): void {
    if (this.#length === 0 || this.#reads === this.#readsOfStep) {
      if (this.#length === mostSteps) this.#halve();
      this.#fromUs[this.#length] = atUs;
      this.#amounts[this.#length] = 0;
      this.#length++;
      this.#reads = 0;
    }
    const last = this.#length - 1;
    this.#atUs[last] = atUs;
    this.#amounts[last] = (this.#amounts[last] as number) + amount;
    this.#reads++;
  }

  /** Each step: from its first read to its last, and how much came in it. */
  forEach(step: (fromUs: number, toUs: number, amount: number) => void): void {
    for (let i = 0; i < this.#length; i++) {
      step(this.#fromUs[i] as number, this.#atUs[i] as number, this.#amounts[i] as number);
    }
  }

  #halve(): void {
    for (let i = 0; i < mostSteps / 2; i++) {
      this.#fromUs[i] = this.#fromUs[2 * i] as number;
      this.#atUs[i] = this.#atUs[2 * i + 1] as number;
      this.#amounts[i] = (this.#amounts[2 * i] as number) + (this.#amounts[2 * i + 1] as number);
    }
    this.#length = mostSteps / 2;
    this.#readsOfStep *= 2;
  }
}
