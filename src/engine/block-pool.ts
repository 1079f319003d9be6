import type { RequestPool } from './request-pool.js';

/** What a pool answers besides a number: it is empty, or its next numbers have not come yet. */
export const poolEmpty = -1;
export const poolLater = -2;

/** Blocks that may be there before they are used. More than are ever fetched ahead, so that none is overwritten in use. */
const ringSize = 8;

const ticketAt = 0;
const filledAt = 1;
const endedAt = 2;
const ringAt = 3;

/**
 * Numbers that come in blocks from somewhere else, for all threads of a process: block b of the ones that came is the
 * numbers from its base on. The thread that fetches them adds them; the others draw.
 */
export class BlockMemory {
  readonly #words: Uint32Array;

  /** @param size requests of the whole run, of which each block is a part */
  constructor(
    readonly size: number,
    readonly blockSize: number,
    readonly memory = new SharedArrayBuffer((ringAt + ringSize) * 4),
  ) {
    this.#words = new Uint32Array(memory);
  }

  /** Blocks that have come and of which nothing was drawn yet. */
  get untouched(): number {
    const started = Math.ceil(Atomics.load(this.#words, ticketAt) / this.blockSize);
    return Math.max(0, Atomics.load(this.#words, filledAt) - started);
  }

  /** True when nothing more comes. */
  get ended(): boolean {
    return Atomics.load(this.#words, endedAt) === 1;
  }

  add(base: number): void {
    const filled = Atomics.load(this.#words, filledAt);
    Atomics.store(this.#words, ringAt + (filled % ringSize), base);
    Atomics.store(this.#words, filledAt, filled + 1);
  }

  end(): void {
    Atomics.store(this.#words, endedAt, 1);
  }

  /** The next number, `poolEmpty` or `poolLater`. @param onBlock called by whoever draws the first number of a block */
  draw(onBlock: () => void): number {
    const { blockSize, size } = this;
    for (;;) {
      const ticket = Atomics.load(this.#words, ticketAt);
      const block = Math.floor(ticket / blockSize);
      if (block >= Atomics.load(this.#words, filledAt)) return this.ended ? poolEmpty : poolLater;
      // Read before the ticket is taken: while nobody has taken it, nobody can be as far ahead as to overwrite the base.
      const index = Atomics.load(this.#words, ringAt + (block % ringSize)) + (ticket % blockSize);
      // Only the last block is short, and nothing comes behind it.
      if (index >= size) return poolEmpty;
      if (Atomics.compareExchange(this.#words, ticketAt, ticket, ticket + 1) !== ticket) continue;
      if (ticket % blockSize === 0) onBlock();
      return index;
    }
  }
}

/** One thread's view of numbers that come in blocks. */
export class BlockPool implements RequestPool {
  constructor(
    readonly memory: BlockMemory,
    readonly onBlock: () => void,
  ) {}

  claim(): number {
    return this.memory.draw(this.onBlock);
  }
}
