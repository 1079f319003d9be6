/**
 * What an inference server remembers of prompts: whole blocks of tokens, each known by all that stands before its end, of
 * which the least recently used goes when room is needed. The model of vLLM's automatic prefix caching.
 */
export class PrefixCache {
  /** In the order of their last use. */
  readonly #blocks = new Set<number>();
  readonly #capacity: number;

  /** @param capacityTokens 0 for a cache that remembers nothing */
  constructor(
    capacityTokens: number,
    readonly blockTokens: number,
  ) {
    this.#capacity = Math.floor(capacityTokens / blockTokens);
  }

  /**
   * Tokens of a prompt that need not be computed. Its last token always is: it is what the answer follows from.
   *
   * @param keys of its whole blocks, in order
   */
  cachedTokens(keys: ArrayLike<number>, promptTokens: number): number {
    const most = Math.min(keys.length, Math.floor((promptTokens - 1) / this.blockTokens));
    let found = 0;
    while (found < most && this.#blocks.has(keys[found] as number)) found += 1;
    this.#use(keys, found);
    return found * this.blockTokens;
  }

  /** Remembers the blocks of what has been computed. */
  add(keys: ArrayLike<number>): void {
    this.#use(keys, keys.length);
    for (const oldest of this.#blocks) {
      if (this.#blocks.size <= this.#capacity) break;
      this.#blocks.delete(oldest);
    }
  }

  clear(): void {
    this.#blocks.clear();
  }

  /** The end of a prompt goes before its beginning, without which it is of no use. */
  #use(keys: ArrayLike<number>, count: number): void {
    for (let index = count - 1; index >= 0; index -= 1) {
      const key = keys[index] as number;
      this.#blocks.delete(key);
      this.#blocks.add(key);
    }
  }
}
