import { deviance, stirlingError } from './saddle-point.js';

/**
 * Probability of `successes` in `trials` draws that succeed with `probability`: R's dbinom, by the saddle-point
 * expansion of C. Loader (2000), accurate to about 14 digits for any number of trials.
 *
 * Both counts may be real numbers; factorials are then gamma functions, as `binomialUpperTail` needs.
 *
 * @param successes 0 to trials
 * @param trials at least 0
 * @param probability 0 to 1
 */
export function binomialProbability(successes: number, trials: number, probability: number): number {
  const failures = trials - successes;
  if (!(successes >= 0 && failures >= 0)) return 0;
  if (probability <= 0) return successes === 0 ? 1 : 0;
  if (probability >= 1) return failures === 0 ? 1 : 0;
  if (successes === 0) return Math.exp(trials * Math.log1p(-probability));
  if (failures === 0) return Math.exp(trials * Math.log(probability));
  const logarithm =
    stirlingError(trials) -
    stirlingError(successes) -
    stirlingError(failures) -
    deviance(successes, trials * probability) -
    deviance(failures, trials * (1 - probability));
  return Math.exp(logarithm) * Math.sqrt(trials / (2 * Math.PI * successes * failures));
}
