import { binomialLowerTail } from './binomial-tail.js';

/**
 * Ranks between whose values a quantile lies with at least this confidence, whatever the distribution: the number of samples at
 * most as large as the quantile is binomial (Conover, Practical Nonparametric Statistics, 3.2).
 *
 * Ten samples hold their median between the 2nd and the 9th with 97.9 %.
 *
 * @param count of samples, at least 1
 * @param quantile between 0 and 1
 * @param confidence between 0 and 1
 * @returns 1-based ranks; one is `undefined` where so few samples bound that side with no such confidence
 */
export function quantileRanks(
  count: number,
  quantile: number,
  confidence: number,
): { readonly low: number | undefined; readonly high: number | undefined } {
  const tail = (1 - confidence) / 2;
  // The probability that fewer than `rank` samples lie below the quantile rises with the rank.
  const fewerThan = (rank: number) => binomialLowerTail(rank - 1, count, quantile);
  const low = lastWhere((rank) => fewerThan(rank) <= tail, count);
  const beforeHigh = lastWhere((rank) => fewerThan(rank) < 1 - tail, count);
  return { low: low === 0 ? undefined : low, high: beforeHigh === count ? undefined : beforeHigh + 1 };
}

/** The last of 1 to `count` for which a condition holds that holds for all before; 0 when it holds for none. */
function lastWhere(holds: (rank: number) => boolean, count: number): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
