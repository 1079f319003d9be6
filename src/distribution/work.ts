import type { WorkSpread } from '../model/stream-report.js';
import { minimumRequests } from '../stats/fair-draw.js';
import { effectiveRequests, type Weight, weightedSkewNoise } from '../stats/weighted-draw.js';
import { skewOf } from './skew.js';

/** What the requests of one backend came to, in one kind of work. */
export interface Load {
  readonly expectedShare: number | undefined;
  readonly amount: number;
}

/** One kind of work: what each backend got, and what the requests weighed. */
export interface Work {
  readonly loads: readonly Load[];
  readonly weights: readonly Weight[];
}

/**
 * Judges how the work of streams spread, against the same shares as their number. Even counts are no even work where lengths
 * differ; how much of that is luck depends on the lengths, so each kind of work has a noise of its own.
 *
 * @param skewLimit that `minimumRequestsForTokens` is computed for
 */
export function judgeWork(
  { out, prompts, held }: { readonly out: Work; readonly prompts: Work; readonly held: Work },
  skewLimit: number,
): WorkSpread {
  const effective = effectiveRequests(out.weights);
  const equal = minimumRequests(skewLimit, sharesOf(out));
  const requests = out.weights.reduce((sum, { times }) => sum + times, 0);
  return {
    tokenSkew: skewOfWork(out),
    tokenSkewNoise: weightedSkewNoise(out.weights, sharesOf(out)),
    promptSkew: skewOfWork(prompts),
    promptSkewNoise: weightedSkewNoise(prompts.weights, sharesOf(prompts)),
    heldSkew: skewOfWork(held),
    heldSkewNoise: weightedSkewNoise(held.weights, sharesOf(held)),
    effectiveRequests: {
      out: effective,
      in: effectiveRequests(prompts.weights),
      held: effectiveRequests(held.weights),
    },
    minimumRequestsForTokens:
      effective === undefined || equal === undefined ? undefined : Math.ceil((equal * requests) / effective),
  };
}

function skewOfWork({ loads }: Work): number | undefined {
  return skewOf(loads.map(({ amount, expectedShare }) => ({ value: amount, expectedShare })));
}

function sharesOf({ loads }: Work): number[] {
  return loads.flatMap(({ expectedShare = 0 }) => (expectedShare > 0 ? [expectedShare] : []));
}
