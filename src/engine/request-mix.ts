import type { Plan } from '../model/plan.js';
import { randomUint32, randomUnit } from './counter-random.js';
import { Sessions } from './sessions.js';

/** Which kind of request each one of a run is, as a pure function of its number. */
export interface RequestMix {
  /** Index of the kind that request `index` has. */
  kindOf(index: number): number;
}

type MixPlan = Pick<Plan, 'requests' | 'seed' | 'load' | 'sessions'>;

/** The mix of a job or a plan. */
export function requestMixOf({ sessions, ...plan }: MixPlan): RequestMix {
  const { requests, seed, load } = plan;
  const kinds = load.replay?.kinds;
  if (kinds !== undefined) return { kindOf: (index) => kinds[index % kinds.length] as number };
  if (sessions !== undefined) return new SessionMix(requestMixOf(plan), new Sessions(sessions, seed));
  const exact = requests.flatMap(({ exactly }) => exactly ?? []);
  if (exact.length === requests.length) return new ExactMix(exact, seed);
  return new DrawnMix(
    requests.map(({ weight }) => weight),
    seed,
  );
}

/** Number of the draw that chooses the kind of request; the ranges of its path and body take the ones behind. */
const kindDraw = 0;

/** Each request draws its kind by weight, whatever the others have. */
export class DrawnMix implements RequestMix {
  readonly #limits: readonly number[];

  /** @param weights relative, each above 0 */
  constructor(
    weights: readonly number[],
    readonly seed: number,
  ) {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    let sum = 0;
    this.#limits = weights.map((weight) => {
      sum += weight;
      return sum / total;
    });
  }

  kindOf(index: number): number {
    const limits = this.#limits;
    if (limits.length === 1) return 0;
    const draw = randomUnit(this.seed, index, kindDraw);
    let kind = 0;
    while (kind < limits.length - 1 && draw >= (limits[kind] as number)) kind++;
    return kind;
  }
}

/** All turns of a session are of one kind. */
class SessionMix implements RequestMix {
  constructor(
    readonly mix: RequestMix,
    readonly sessions: Sessions,
  ) {}

  kindOf(index: number): number {
    return this.mix.kindOf(this.sessions.turnOf(index).session);
  }
}

/** Draws of the shuffle, apart from all others. */
const shuffleDraw = -1_000_000;
const shuffleRounds = 6;
/** Bits of half a place, at least: with fewer a shuffle of a handful would hardly be one. */
const leastHalfBits = 4;

/**
 * So many of each kind among as many requests as that makes, shuffled. The shuffle is a Feistel network over the next power of
 * four, walked until it comes back below the number of requests (Black and Rogaway, "Ciphers with Arbitrary Finite Domains",
 * 2002): a permutation that needs no memory, for a billion requests as for ten.
 */
export class ExactMix implements RequestMix {
  /** Below which place each kind ends. */
  readonly #ends: readonly number[];
  readonly #total: number;
  readonly #halfBits: number;

  /** @param counts of each kind, each at least 1, together at most 2^31 */
  constructor(
    counts: readonly number[],
    readonly seed: number,
  ) {
    let sum = 0;
    this.#ends = counts.map((count) => {
      sum += count;
      return sum;
    });
    this.#total = sum;
    this.#halfBits = Math.max(leastHalfBits, Math.ceil(Math.log2(sum) / 2));
  }

  kindOf(index: number): number {
    const ends = this.#ends;
    if (ends.length === 1) return 0;
    let place = index % this.#total;
    do place = this.#permuted(place);
    while (place >= this.#total);
    let kind = 0;
    while (place >= (ends[kind] as number)) kind++;
    return kind;
  }

  #permuted(place: number): number {
    const halfBits = this.#halfBits;
    const mask = 2 ** halfBits - 1;
    let left = Math.floor(place / 2 ** halfBits);
    let right = place & mask;
    for (let round = 0; round < shuffleRounds; round++) {
      const mixed = (left ^ randomUint32(this.seed, right, shuffleDraw - round)) & mask;
      left = right;
      right = mixed;
    }
    return left * 2 ** halfBits + right;
  }
}
