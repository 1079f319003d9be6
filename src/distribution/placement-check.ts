import type { KeyFigures, PlacementMismatch, Prediction } from '../model/prediction.js';
import { KeyPlacements } from './key-placements.js';

/** A request that has ended. */
export interface PlacedRequest {
  /** Number in the run. */
  readonly index: number;
  /** When it started, which is about when it was given to a backend; milliseconds since the start of the run. */
  readonly startMs: number;
  /** When it ended; milliseconds since the start of the run, in rising order but for a few. */
  readonly endMs: number;
  /** `undefined` when it got no response or none that names its backend. */
  readonly backend: string | undefined;
  /** Value of the hash key; `undefined` for a method without one. */
  readonly key: string | undefined;
  /** Address that the model names; `undefined` where it names none. */
  readonly predicted: string | undefined;
  /** Whether it shows that a backend failed: a retry, a timeout, a bad gateway. */
  readonly showsFailure: boolean;
}

export interface PlacementCheckOptions {
  /** Addresses of the pool, in the order of the report. */
  readonly addresses: readonly string[];
  /** Whether placements have a key. */
  readonly isKeyed: boolean;
  /** How long a failure may keep requests elsewhere; ms. `Infinity` when it changes everything after it. */
  readonly failureMs: number;
}

/** Keys remembered; some 6 MB. */
const maxKeys = 2 ** 18;
/** A response that was placed elsewhere because of a failure may be seen this long before the failure is. */
const doubtMs = 1_000;

/** Mismatches that a failure seen a moment later would explain. */
interface Doubt {
  readonly untilMs: number;
  count: number;
  readonly first: PlacementMismatch;
}

/**
 * Compares who served each request with who should have by the model. A server that fails is taken out for a while
 * (`fail_timeout`), and others get its requests: so the time around each sign of a failure is not compared. Memory is
 * bounded.
 */
export class PlacementCheck {
  readonly #options: PlacementCheckOptions;
  readonly #keys: KeyPlacements | undefined;
  readonly #backends = new Map<string, number>();
  #checked = 0;
  #asPredicted = 0;
  #notComparable = 0;
  #firstMismatch: PlacementMismatch | undefined;
  #recent: Doubt | undefined;
  #older: Doubt | undefined;
  #quietFromMs = Number.NEGATIVE_INFINITY;

  constructor(options: PlacementCheckOptions) {
    this.#options = options;
    this.#keys = options.isKeyed ? new KeyPlacements(maxKeys) : undefined;
    for (const address of options.addresses) this.#indexOf(address);
  }

  record({ index, startMs, endMs, backend, key, predicted, showsFailure }: PlacedRequest): void {
    if (showsFailure) this.#failure(endMs);
    if (backend === undefined) return;
    if (key !== undefined && key !== '') this.#keys?.record(key, this.#indexOf(backend));
    if (predicted === undefined || startMs < this.#quietFromMs) {
      this.#notComparable += 1;
      return;
    }
    this.#checked += 1;
    if (backend === predicted) this.#asPredicted += 1;
    else this.#doubt(endMs, { request: index, key, expected: predicted, actual: backend });
  }

  result(): Prediction {
    const first = this.#firstMismatch ?? this.#older?.first ?? this.#recent?.first;
    const checked = this.#checked;
    return {
      checked,
      asPredicted: this.#asPredicted,
      mispredicted: checked > 0 ? (checked - this.#asPredicted) / checked : undefined,
      notComparable: this.#notComparable,
      firstMismatch: first,
      keys: this.#keys && this.#keyFigures(this.#keys),
    };
  }

  #keyFigures(keys: KeyPlacements): KeyFigures {
    return {
      distinct: keys.distinct,
      perBackend: [...this.#backends].map(([address, index]) => ({ address, count: keys.keysOf(index) })),
      moved: keys.moved,
      movedRatio: keys.distinct > 0 ? keys.moved / keys.distinct : undefined,
      capped: keys.overlooked > 0,
    };
  }

  #failure(endMs: number): void {
    this.#quietFromMs = Math.max(this.#quietFromMs, endMs + this.#options.failureMs);
    for (const doubt of [this.#older, this.#recent]) {
      if (doubt === undefined) continue;
      if (endMs >= doubt.untilMs + doubtMs) {
        this.#firstMismatch ??= doubt.first;
      } else {
        this.#checked -= doubt.count;
        this.#notComparable += doubt.count;
      }
    }
    this.#older = undefined;
    this.#recent = undefined;
  }

  #doubt(endMs: number, mismatch: PlacementMismatch): void {
    if (this.#recent !== undefined && endMs < this.#recent.untilMs) {
      this.#recent.count += 1;
      return;
    }
    // What is older than one whole stretch stands.
    this.#firstMismatch ??= this.#older?.first;
    this.#older = this.#recent;
    this.#recent = { untilMs: endMs + doubtMs, count: 1, first: mismatch };
  }

  #indexOf(address: string): number {
    const known = this.#backends.get(address);
    if (known !== undefined) return known;
    const index = this.#backends.size;
    this.#backends.set(address, index);
    return index;
  }
}
