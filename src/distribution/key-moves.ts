import type { MovedKeys } from '../model/failover.js';

/** Distinct keys looked at; some 20 MB when full. Further ones are in no figure. */
const maxKeys = 100_000;

/** Where each key was served while all was well, in bounded memory. */
export class KeyHomes {
  readonly #homes = new Map<string, string>();

  get size(): number {
    return this.#homes.size;
  }

  settle(key: string, backend: string): void {
    if (this.#homes.size < maxKeys || this.#homes.has(key)) this.#homes.set(key, backend);
  }

  of(key: string): string | undefined {
    return this.#homes.get(key);
  }
}

/** Which keys are served elsewhere while a backend is failing. */
export class KeyMoves {
  /** True for a key that moved. */
  readonly #seen = new Map<string, boolean>();

  constructor(
    readonly homes: KeyHomes,
    readonly failing: string,
  ) {}

  record(key: string, backend: string): void {
    const home = this.homes.of(key);
    if (home !== undefined) this.#seen.set(key, this.#seen.get(key) === true || home !== backend);
  }

  result(): MovedKeys {
    const figures = { compared: 0, owned: 0, moved: 0, needless: 0 };
    for (const [key, moved] of this.#seen) {
      const owned = this.homes.of(key) === this.failing;
      figures.compared++;
      if (owned) figures.owned++;
      if (moved) figures.moved++;
      if (moved && !owned) figures.needless++;
    }
    return figures;
  }
}
