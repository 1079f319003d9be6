import type { LoadPlan } from '../model/plan.js';
import { randomUnit } from './counter-random.js';
import { LoadStages } from './load-stages.js';

/** Draw number of the arrivals, apart from all draws of the request mix. */
const arrivalDraw = -1;

export type ScheduledLoad = Pick<LoadPlan, 'ratePerSec' | 'arrivals' | 'replay' | 'stages'>;

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
  readonly #stages: LoadStages | undefined;
  readonly #givenUs: Float64Array | undefined;
  #walked = 0;
  #walkedUs = 0;

  constructor(
    { ratePerSec, arrivals, replay, stages }: ScheduledLoad,
    readonly seed: number,
    first = 0,
    readonly step = 1,
  ) {
    this.#stages = stages && new LoadStages(stages);
    // With stages a place among the due ones, which they turn into a time.
    this.#intervalUs = stages === undefined ? 1e6 / (ratePerSec as number) : 1;
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
    const place = this.#placeOf(index);
    return this.#stages === undefined ? place : this.#stages.dueUs(place);
  }

  #placeOf(index: number): number {
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
