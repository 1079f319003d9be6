/** Something that ends at a known moment. */
export interface Ending {
  readonly endUs: number;
  /** Breaks ties, so that what was started first ends first. */
  readonly index: number;
}

/** A binary heap: whatever ends first comes out first. */
export class EndQueue<T extends Ending> {
  readonly #heap: T[] = [];

  get size(): number {
    return this.#heap.length;
  }

  get first(): T | undefined {
    return this.#heap[0];
  }

  /** In no order. */
  all(): readonly T[] {
    return this.#heap;
  }

  push(item: T): void {
    const heap = this.#heap;
    let at = heap.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(item, heap[parent] as T)) break;
      heap[at] = heap[parent] as T;
      at = parent;
    }
    heap[at] = item;
  }

  pop(): T | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as T, heap[child] as T)) child++;
      if (!isBefore(heap[child] as T, last)) break;
      heap[at] = heap[child] as T;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Ending, b: Ending): boolean {
  return a.endUs < b.endUs || (a.endUs === b.endUs && a.index < b.index);
}
