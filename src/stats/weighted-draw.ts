import { upperGammaRatio } from './upper-gamma-ratio.js';

/**
 * What chance alone does to a spread of work: a fair draw sends every request to a backend drawn by its expected share,
 * whatever the request weighs. How much a backend gets then varies more than its count, and the more so the fewer requests
 * make up most of the work.
 */

/** So many requests that weigh the same. */
export interface Weight {
  readonly value: number;
  readonly times: number;
}

/** As `skewNoise` of counts has it, less what the approximation below may be wrong by. */
const risk = 0.0095;

/** More weights than these say no more; those that matter most stay as they are. */
const mostWeights = 512;

/**
 * The number of requests of equal weight that vary as much as these: (sum of weights)^2 / sum of their squares (Kish 1965).
 * `undefined` without any weight.
 */
export function effectiveRequests(weights: readonly Weight[]): number | undefined {
  const sum = total(weights, ({ value }) => value);
  const squares = total(weights, ({ value }) => value * value);
  return squares > 0 ? sum ** 2 / squares : undefined;
}

/**
 * The largest skew of work that a fair draw reaches at least 1 time in 100; in 99 of 100 it is at most this. `undefined`
 * without weights or without shares, and where so few requests could all go one way that no skew says anything.
 *
 * The tail of a sum of independent weights is that of Lugannani and Rice (1980), which looks at all of its moments: a normal
 * tail of the same variance is too short where few requests carry much of the work. Over several backends the tails are added up
 * (Bonferroni); of two, one decides the other.
 */
export function weightedSkewNoise(weights: readonly Weight[], shares: readonly number[]): number | undefined {
  const positive = shares.filter((share) => share > 0);
  const sum = positive.reduce((all, share) => all + share, 0);
  const parts = relative(weights);
  if (parts.length === 0 || positive.length === 0) return undefined;
  const smallest = Math.min(...positive);
  const deciding = positive.length === 2 ? [smallest] : positive;
  const counted = new Map<number, number>();
  for (const share of deciding) counted.set(share / sum, (counted.get(share / sum) ?? 0) + 1);
  const tail = (skew: number) => {
    let probability = 0;
    for (const [share, times] of counted) probability += times * deviationTail(parts, share, skew);
    return probability;
  };
  let low = 0;
  let high = sum / smallest - 1;
  if (positive.length > 1 && tail(high) >= risk) return undefined;
  while (high - low > 1e-6 * high) {
    const middle = (low + high) / 2;
    if (tail(middle) >= risk) low = middle;
    else high = middle;
  }
  return high;
}

/** Probability that a backend of this share gets at least so much more, or so much less, relative to it. */
function deviationTail(parts: readonly Weight[], share: number, skew: number): number {
  return upperTail(parts, share, share * (1 + skew)) + upperTail(parts, 1 - share, 1 - share * (1 - skew));
}

/**
 * Probability that parts which are taken each with this probability, and are 1 together, come to at least so much; for what is
 * above the mean.
 */
function upperTail(parts: readonly Weight[], probability: number, least: number): number {
  // Not more than all of it, which takes every one.
  if (least > 1 + 1e-12) return 0;
  if (least >= 1 - 1e-12) return probability ** total(parts, () => 1);
  if (least <= probability) return 1;
  const at = saddlePoint(parts, probability, least);
  const { cumulant, variance } = cumulants(parts, probability, at);
  const signed = Math.sqrt(Math.max(0, 2 * (at * least - cumulant)));
  const scaled = at * Math.sqrt(variance);
  // Next to the mean both grow too small to be told from each other.
  if (signed < 1e-4 || scaled < 1e-4) return 0.5;
  const density = Math.exp(-(signed ** 2) / 2) / Math.sqrt(2 * Math.PI);
  const tail = upperGammaRatio(0.5, signed ** 2 / 2) / 2 + density * (1 / scaled - 1 / signed);
  return Math.min(1, Math.max(0, tail));
}

/** Where the tilted mean is this much: the mean grows with the tilt, from the probability up to 1. */
function saddlePoint(parts: readonly Weight[], probability: number, mean: number): number {
  let low = 0;
  let high = 1;
  while (cumulants(parts, probability, high).mean < mean && high < 1e9) high *= 2;
  let at = high / 2;
  for (let step = 0; step < 60; step++) {
    const { mean: reached, variance } = cumulants(parts, probability, at);
    if (reached < mean) low = at;
    else high = at;
    if (high - low < 1e-9 * high) break;
    const next = at + (mean - reached) / variance;
    at = next > low && next < high ? next : (low + high) / 2;
  }
  return at;
}

/** The cumulant generating function of the sum, and its first two derivatives. */
function cumulants(parts: readonly Weight[], probability: number, at: number) {
  let cumulant = 0;
  let mean = 0;
  let variance = 0;
  for (const { value, times } of parts) {
    const tilt = at * value;
    // Written so that no large tilt overflows.
    const rest = (1 - probability) * Math.exp(-tilt);
    const taken = probability / (probability + rest);
    cumulant += times * (tilt + Math.log(probability + rest));
    mean += times * value * taken;
    variance += times * value * value * taken * (1 - taken);
  }
  return { cumulant, mean, variance };
}

/** The weights as parts of 1, from the lightest, in groups where there are many: those of equal squares, which decide the tail. */
function relative(weights: readonly Weight[]): Weight[] {
  const positive = weights.filter(({ value, times }) => value > 0 && times > 0);
  const sum = total(positive, ({ value }) => value);
  const sorted = positive
    .map(({ value, times }) => ({ value: value / sum, times }))
    .toSorted((a, b) => a.value - b.value);
  if (sorted.length <= mostWeights) return sorted;
  const squares = total(sorted, ({ value }) => value * value);
  const groups: Weight[] = [];
  let group: Weight[] = [];
  for (const weight of sorted) {
    group.push(weight);
    const ofGroup = total(group, ({ value }) => value * value);
    if (ofGroup < squares / mostWeights && weight !== sorted.at(-1)) continue;
    const times = total(group, () => 1);
    groups.push({ value: Math.sqrt(ofGroup / times), times });
    group = [];
  }
  // The same variance, and all of the work.
  const grouped = total(groups, ({ value }) => value);
  return groups.map(({ value, times }) => ({ value: value / grouped, times }));
}

function total(weights: readonly Weight[], of: (weight: Weight) => number): number {
  return weights.reduce((sum, weight) => sum + weight.times * of(weight), 0);
}
