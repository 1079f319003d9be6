import { binomialLowerTail, binomialUpperTail } from './binomial-tail.js';

/**
 * The probabilities that this many successes do not contradict: the exact interval of Clopper and Pearson (1934), R's
 * `binom.test(successes, trials)$conf.int`.
 *
 * @param successes 0 to trials
 * @param trials at least 1
 * @param confidence between 0 and 1
 */
export function binomialInterval(
  successes: number,
  trials: number,
  confidence: number,
): { readonly low: number; readonly high: number } {
  const tail = (1 - confidence) / 2;
  return {
    low:
      successes === 0
        ? 0
        : crossing((probability) => binomialUpperTail(successes, trials, probability) < tail),
    high:
      successes === trials
        ? 1
        : crossing((probability) => binomialLowerTail(successes, trials, probability) > tail),
  };
}

/** Where a condition on a probability, which holds at 0 and not at 1, stops to hold. */
function crossing(holds: (probability: number) => boolean): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
