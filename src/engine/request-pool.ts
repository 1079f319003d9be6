/** Where connections take the number of their next request from; each number is given out once. */
export interface RequestPool {
  /** The next number, -1 when the pool is empty, -2 when more will come but is not here yet. */
  claim(): number;
}

/** The pool of a run on one thread. */
export class LocalPool implements RequestPool {
  #next = 0;

  /** @param size `Infinity` for a run that is bounded by time */
  constructor(readonly size: number) {}

  claim(): number {
    return this.#next < this.size ? this.#next++ : -1;
  }
}

/** Numbers a shared pool can give out before its counter would wrap: six hours at 200,000 a second. */
export const sharedPoolLimit = 2 ** 32 - 2 ** 16;

/** One pool for all threads of a run: together they start exactly `size` requests. */
export class SharedPool implements RequestPool {
  readonly #counter: Uint32Array;

  constructor(
    readonly size: number,
    memory: SharedArrayBuffer,
  ) {
    this.#counter = new Uint32Array(memory, 0, 1);
  }

  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(4);
  }

  claim(): number {
    // Looked at before it is counted up, so that idle claims at the end cannot wrap it.
    if (Atomics.load(this.#counter, 0) >= Math.min(this.size, sharedPoolLimit)) return -1;
    const index = Atomics.add(this.#counter, 0, 1);
    return index < Math.min(this.size, sharedPoolLimit) ? index : -1;
  }
}
