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

  /** In order of first occurrence. */
  entries(): [K, number][] {
    return [...this.#counts];
  }

  add(entries: readonly (readonly [K, number])[], overflow: number): void {
    for (const [key, count] of entries) this.record(key, count);
    this.overflow += overflow;
  }
}
