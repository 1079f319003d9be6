import type { LoadPlan } from '../model/plan.js';
import { randomUnit } from './counter-random.js';
import { LoadStages } from './load-stages.js';

/** Draw number of the arrivals, apart from all draws of the request mix. */
const arrivalDraw = -1;
/** Those of gamma gaps: as many as it takes, from here downwards. */
const gammaDraw = -5_000_000;

/** What says when requests are due. */
export type ScheduledLoad = Pick<LoadPlan, 'ratePerSec' | 'arrivals' | 'burstiness' | 'replay' | 'stages'>;

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
  readonly #burstiness: number;
  readonly #givenUs: Float64Array | undefined;
  #walked = 0;
  #walkedUs = 0;

  constructor(
    { ratePerSec, arrivals, burstiness = 1, replay, stages }: ScheduledLoad,
    readonly seed: number,
    first = 0,
    readonly step = 1,
  ) {
    this.#stages = stages && new LoadStages(stages);
    // With stages a place among the due ones, which they turn into a time.
    this.#intervalUs = stages === undefined ? 1e6 / (ratePerSec as number) : 1;
    this.#arrivals = arrivals;
    this.#burstiness = burstiness;
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
    // The gap before request i is drawn from i.
    for (; this.#walked <= index; this.#walked++) {
      this.#walkedUs += this.#gapOf(this.#walked) * this.#intervalUs;
    }
    return this.#walkedUs;
  }

  /** Of a mean of 1. Exponential gaps make a Poisson process. */
  #gapOf(index: number): number {
    if (this.#arrivals === 'gamma') return gammaOf(this.#burstiness, this.seed, index) / this.#burstiness;
    return -Math.log(1 - randomUnit(this.seed, index, arrivalDraw));
  }
}

/**
 * A gamma variate of a shape and the scale 1: G. Marsaglia and W. W. Tsang, "A Simple Method for Generating Gamma Variables",
 * ACM TOMS 26 (2000), with their correction for shapes below 1.
 */
function gammaOf(shape: number, seed: number, index: number): number {
  let draw = gammaDraw;
  const unit = () => 1 - randomUnit(seed, index, draw--);
  const raised = shape < 1 ? shape + 1 : shape;
  const factor = shape < 1 ? unit() ** (1 / shape) : 1;
  const d = raised - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = Math.sqrt(-2 * Math.log(unit())) * Math.cos(2 * Math.PI * unit());
    const v = (1 + c * normal) ** 3;
    if (v <= 0) continue;
    if (Math.log(unit()) < (normal * normal) / 2 + d - d * v + d * Math.log(v)) return d * v * factor;
  }
}
