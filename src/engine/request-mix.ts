import type { RequestPlan } from '../model/plan.js';
import { randomUnit } from './counter-random.js';

/** Number of the draw that chooses the kind of request; the ranges of its path and body take the ones behind. */
const kindDraw = 0;

/** Which kind of request each one of a run is, as a pure function of seed and index. */
export class RequestMix {
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

  /** The mix of a job or a plan. */
  static of({
    requests,
    seed,
  }: {
    readonly requests: readonly RequestPlan[];
    readonly seed: number;
  }): RequestMix {
    return new RequestMix(
      requests.map(({ weight }) => weight),
      seed,
    );
  }

  /** Index of the kind that request `index` has. */
  kindOf(index: number): number {
    const limits = this.#limits;
    if (limits.length === 1) return 0;
    const draw = randomUnit(this.seed, index, kindDraw);
    let kind = 0;
    while (kind < limits.length - 1 && draw >= (limits[kind] as number)) kind++;
    return kind;
  }
}
