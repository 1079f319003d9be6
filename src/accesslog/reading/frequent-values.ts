/** How often values occurred, in a form that survives a structured clone. */
export interface Frequencies {
  /** The count is at least the true one, and at most `error` above it. */
  readonly values: readonly (readonly [value: string, count: number, error: number])[];
  /** No other value occurred more often than this. */
  readonly othersAtMost: number;
}

interface Entry {
  value: string;
  count: number;
  error: number;
  /** Place in the heap. */
  at: number;
}

/** Values told apart; those of a log, with 200 characters at most, take some megabyte. */
const defaultCapacity = 4096;

/**
 * The most frequent values of a stream in bounded memory, by Space-Saving: a new value takes the place of the rarest one and its
 * count, by which it may then be too high. Every value that occurs more often than one in `capacity` times is there.
 * A. Metwally, D. Agrawal, A. El Abbadi, "Efficient Computation of Frequent and Top-k Elements in Data Streams", ICDT 2005.
 */
export class FrequentValues {
  readonly #entries = new Map<string, Entry>();
  /** The rarest one first; each at most as frequent as the two at twice its place. */
  readonly #heap: Entry[] = [];

  constructor(readonly capacity = defaultCapacity) {}

  /** Counts a value. @returns what is known of it, good until the next one */
  add(value: string, times = 1): Readonly<Pick<Entry, 'count' | 'error'>> {
    let entry = this.#entries.get(value);
    if (entry === undefined && this.#heap.length < this.capacity) {
      entry = { value, count: times, error: 0, at: this.#heap.length };
      this.#heap.push(entry);
      this.#entries.set(value, entry);
      this.#rise(entry);
      return entry;
    }
    if (entry === undefined) {
      entry = this.#heap[0] as Entry;
      this.#entries.delete(entry.value);
      entry.value = value;
      entry.error = entry.count;
      this.#entries.set(value, entry);
    }
    entry.count += times;
    this.#sink(entry);
    return entry;
  }

  get frequencies(): Frequencies {
    const isFull = this.#heap.length === this.capacity;
    return {
      values: [...this.#entries.values()].map(({ value, count, error }) => [value, count, error] as const),
      othersAtMost: isFull ? (this.#heap[0]?.count ?? 0) : 0,
    };
  }

  #rise(entry: Entry): void {
    for (;;) {
      const parent = this.#heap[(entry.at - 1) >> 1];
      if (entry.at === 0 || parent === undefined || parent.count <= entry.count) return;
      this.#swap(entry, parent);
    }
  }

  #sink(entry: Entry): void {
    const heap = this.#heap;
    for (;;) {
      const left = heap[2 * entry.at + 1];
      const right = heap[2 * entry.at + 2];
      const least = right !== undefined && left !== undefined && right.count < left.count ? right : left;
      if (least === undefined || least.count >= entry.count) return;
      this.#swap(entry, least);
    }
  }

  #swap(one: Entry, other: Entry): void {
    [one.at, other.at] = [other.at, one.at];
    this.#heap[one.at] = one;
    this.#heap[other.at] = other;
  }
}

/**
 * Those of several streams together, the most frequent first: where one of them does not know a value, it may have occurred there as
 * often as any that is not known. P. Agarwal and others, "Mergeable Summaries", PODS 2012.
 */
export function mergedFrequencies(parts: readonly Frequencies[]): Frequencies {
  const othersAtMost = parts.reduce((sum, part) => sum + part.othersAtMost, 0);
  const merged = new Map<string, { count: number; error: number; unknownAtMost: number }>();
  for (const part of parts) {
    for (const [value, count, error] of part.values) {
      const known = merged.get(value) ?? { count: 0, error: 0, unknownAtMost: othersAtMost };
      known.count += count;
      known.error += error;
      known.unknownAtMost -= part.othersAtMost;
      merged.set(value, known);
    }
  }
  const values = [...merged].map(
    ([value, { count, error, unknownAtMost }]) =>
      [value, count + unknownAtMost, error + unknownAtMost] as const,
  );
  // Of values as frequent as each other the order must not depend on who counted what.
  const byCount = values.sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1));
  return { values: byCount, othersAtMost };
}
