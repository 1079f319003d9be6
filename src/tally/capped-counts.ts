/** Counts in a form that survives a structured clone. */
export interface CappedCountsData<K> {
  readonly entries: readonly (readonly [K, number])[];
  readonly overflow: number;
}

/** Counts of distinct keys, for at most `capacity` of them; the rest are counted together. */
export class CappedCounts<K extends string | number> {
  readonly #counts = new Map<K, number>();
  /** Occurrences of keys that found no place. */
  overflow = 0;

  constructor(readonly capacity: number) {}

  record(key: K, count = 1): void {
    const before = this.#counts.get(key);
    if (before !== undefined || this.#counts.size < this.capacity)
      this.#counts.set(key, (before ?? 0) + count);
    else this.overflow += count;
  }

  get(key: K): number {
    return this.#counts.get(key) ?? 0;
  }

  /** Of all keys. */
  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, this.overflow);
  }

  /** In order of first occurrence. */
  entries(): [K, number][] {
    return [...this.#counts];
  }

  add(other: CappedCounts<K>): void {
    this.read(other.toData());
  }

  /** Adds what other counts encoded. */
  read({ entries, overflow }: CappedCountsData<K>): void {
    for (const [key, count] of entries) this.record(key, count);
    this.overflow += overflow;
  }

  toData(): CappedCountsData<K> {
    return { entries: this.entries(), overflow: this.overflow };
  }
}
