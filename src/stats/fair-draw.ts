import { binomialLowerTail, binomialUpperTail } from './binomial-tail.js';

/**
 * What chance alone does to the spread: a fair draw sends every request to a backend drawn by its expected share, each
 * independently of the others. The counts are then multinomial, the count of one backend is binomial.
 */

/** The risk of calling a fair balancer unfair: 1 time in 100. */
const risk = 0.01;

/** Beyond this many requests no run decides; a limit that needs more is as good as 0. */
const mostRequests = 1e12;

/**
 * Probability that a fair draw of `requests` over `shares` shows a skew of at least `skew`.
 *
 * Two backends: exact. Either of them decides the other, and the one with the smaller share always deviates more, so this
 * is a binomial probability of its count. More: the sum over the backends of the exact binomial probabilities that each
 * deviates so far, at most 1 (Bonferroni). That is never below the true probability, so it errs towards `inconclusive`
 * and never fails a fair balancer too easily; near 1 in 100, where it matters, it is a few percent of itself too large.
 *
 * @param shares expected shares; those of 0 take no part, and the rest is scaled to add up to 1
 */
export function fairDrawTail(skew: number, requests: number, shares: readonly number[]): number {
  return tail(skew, requests, competing(shares), nextCount);
}

/**
 * The largest skew that a fair draw reaches at least 1 time in 100; in 99 of 100 fair draws the skew is at most this. A
 * larger skew is evidence against the balancer: `skew > skewNoise` is the same as `fairDrawTail(skew, …) < 0.01`.
 * `undefined` without requests or without shares.
 */
export function skewNoise(requests: number, shares: readonly number[]): number | undefined {
  const backends = competing(shares);
  const smallest = backends.at(0)?.share;
  if (requests <= 0 || smallest === undefined) return undefined;
  let low = 0;
  // Three standard deviations of the backend that varies most: usually above the answer, and doubled where it is not.
  let high = 3 * Math.sqrt((1 - smallest) / (smallest * requests)) + 1e-9;
  while (tail(high, requests, backends, nextCount) >= risk) {
    low = high;
    high *= 2;
  }
  while (high - low > 1e-13 * high) {
    const middle = (low + high) / 2;
    if (tail(middle, requests, backends, nextCount) >= risk) low = middle;
    else high = middle;
  }
  return largestSkewUpTo(low, requests, backends);
}

/**
 * The smallest count of requests from which on a fair draw shows a skew of `skewLimit` or more less than 1 time in 100.
 *
 * Counts are whole, so the probability does not fall steadily with the number of requests but in a saw-tooth; this uses
 * the smooth curve that touches the teeth from above. A count up to about 1 % smaller may do too, by luck of rounding.
 * `undefined` without shares or when no run of a practical size decides, as for a limit of 0.
 */
export function minimumRequests(skewLimit: number, shares: readonly number[]): number | undefined {
  const backends = competing(shares);
  if (backends.length === 0 || !(skewLimit > 0)) return undefined;
  const decides = (requests: number) => tail(skewLimit, requests, backends, (count) => count) < risk;
  let high = 1;
  while (!decides(high)) {
    high *= 2;
    if (high > mostRequests) return undefined;
  }
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (decides(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Backends that share one probability: the tail of one of them counts `times` over. */
interface Backends {
  readonly share: number;
  readonly times: number;
}

/** The shares whose tails must be added up, smallest first; equal ones together, for pools have few distinct weights. */
function competing(shares: readonly number[]): Backends[] {
  const positive = shares.filter((share) => share > 0).sort((a, b) => a - b);
  const sum = positive.reduce((total, share) => total + share, 0);
  if (positive.length === 2) return positive.slice(0, 1).map((share) => ({ share: share / sum, times: 1 }));
  const times = new Map<number, number>();
  for (const share of positive) times.set(share, (times.get(share) ?? 0) + 1);
  return [...times].map(([share, count]) => ({ share: share / sum, times: count }));
}

/** `round` gives the count, from the mean outwards, at which a deviation begins to reach its limit. */
function tail(
  skew: number,
  requests: number,
  backends: readonly Backends[],
  round: (count: number) => number,
): number {
  if (skew <= 0) return 1;
  let sum = 0;
  for (const { share, times } of backends) {
    const mean = requests * share;
    const above = binomialUpperTail(round(mean * (1 + skew)), requests, share);
    // At most so many served is at least the rest elsewhere; rounding that up rounds the count itself down.
    const below = binomialLowerTail(requests - round(requests - mean * (1 - skew)), requests, share);
    sum += times * (above + below);
    if (sum >= 1) return 1;
  }
  return sum;
}

/** Whole counts allow only some skews; this is the largest of them that is not above `skew`. */
function largestSkewUpTo(skew: number, requests: number, backends: readonly Backends[]): number {
  let largest = 0;
  for (const { share } of backends) {
    const mean = requests * share;
    const above = requests - nextCount(requests - mean * (1 + skew));
    const below = Math.max(0, nextCount(mean * (1 - skew)));
    if (above > mean) largest = Math.max(largest, above / requests / share - 1);
    if (below < mean) largest = Math.max(largest, 1 - below / requests / share);
  }
  return largest;
}

/** Up to the next whole count, unless that is only a rounding error away from the one below. */
function nextCount(count: number): number {
  return Math.ceil(count - 1e-12 * (1 + count));
}
