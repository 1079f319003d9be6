/** Items by time, the earliest first; items of the same time in the order they were added. A binary heap. */
export class EventQueue<T> {
  readonly #entries: Entry<T>[] = [];
  #added = 0;

  get size(): number {
    return this.#entries.length;
  }

  /** Time of the earliest item, in the unit of `add`; `Infinity` when there is none. */
  get nextTime(): number {
    return this.#entries[0]?.time ?? Number.POSITIVE_INFINITY;
  }

  add(time: number, item: T): void {
    const entries = this.#entries;
    const entry = { time, order: this.#added++, item };
    let at = entries.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = entries[above] as Entry<T>;
      if (isBefore(parent, entry)) break;
      entries[at] = parent;
      at = above;
    }
    entries[at] = entry;
  }

  /** Takes the earliest item out; `undefined` when there is none. */
  take(): T | undefined {
    const entries = this.#entries;
    const first = entries[0];
    const last = entries.pop();
    if (first === undefined || last === undefined || first === last) return first?.item;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      const left = entries[below];
      if (left === undefined) break;
      const right = entries[below + 1];
      let child = left;
      if (right !== undefined && isBefore(right, left)) {
        child = right;
        below += 1;
      }
      if (isBefore(last, child)) break;
      entries[at] = child;
      at = below;
    }
    entries[at] = last;
    return first.item;
  }
}

interface Entry<T> {
  readonly time: number;
  readonly order: number;
  readonly item: T;
}

function isBefore<T>(one: Entry<T>, other: Entry<T>): boolean {
  return one.time < other.time || (one.time === other.time && one.order < other.order);
}
