import type { LoadPlan } from '../model/plan.js';
import { randomUnit } from './counter-random.js';

/** Draw number of the arrivals, apart from all draws of the request mix. */
const arrivalDraw = -1;

/**
 * When the requests of an open-model run are due, in microseconds since its start: a pure function of rate, arrivals
 * and seed, or as they are given. Threads share one schedule, thread k of n taking the requests k, k + n, k + 2n, …
 */
export class Schedule {
  /** Index of the next request that is due. */
  index: number;
  /** When it is due. */
  dueUs: number;

  readonly #intervalUs: number;
  readonly #arrivals: LoadPlan['arrivals'];
  readonly #givenUs: Float64Array | undefined;
  #walked = 0;
  #walkedUs = 0;

  constructor(
    { ratePerSec, arrivals, replay }: Pick<LoadPlan, 'ratePerSec' | 'arrivals' | 'replay'>,
    readonly seed: number,
    first = 0,
    readonly step = 1,
  ) {
    this.#intervalUs = 1e6 / (ratePerSec as number);
    this.#arrivals = arrivals;
    this.#givenUs = replay?.dueUs;
    this.index = first;
    this.dueUs = this.#dueOf(first);
  }

  /** Moves on to the next request of this thread. */
  advance(): void {
    this.index += this.step;
    this.dueUs = this.#dueOf(this.index);
  }

  #dueOf(index: number): number {
    if (this.#givenUs !== undefined) return this.#givenUs[index] ?? Number.POSITIVE_INFINITY;
    // Multiplied, not added up: a day at 10,000/s must not drift.
    if (this.#arrivals === 'constant') return index * this.#intervalUs;
    // Exponential gaps make a Poisson process; the gap before request i is drawn from i.
    for (; this.#walked <= index; this.#walked++) {
      this.#walkedUs += -Math.log(1 - randomUnit(this.seed, this.#walked, arrivalDraw)) * this.#intervalUs;
    }
    return this.#walkedUs;
  }
}
