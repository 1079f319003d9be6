import type { LatencySummary } from '../model/latency.js';
import type { RunReport } from '../model/report.js';
import { binomialInterval } from '../stats/binomial-interval.js';
import { readHistogram } from '../stats/encoded-histogram.js';
import { quantileRanks } from '../stats/quantile-ranks.js';
import { attributedCount, endedCount, errorCount } from './counts.js';

/** Of each interval. Two that do not meet then differ by chance less than 1 time in 100. */
const confidence = 0.99;

/**
 * Where the true figure lies with 99 % confidence, as far as the requests of one run tell, which are taken to be independent.
 * An end is `undefined` where they do not bound it.
 */
export interface Interval {
  readonly low: number | undefined;
  readonly high: number | undefined;
}

export const unbounded: Interval = { low: undefined, high: undefined };

/** A percentile, 0 to 100, of a report's histogram, in milliseconds; `undefined` where that is damaged. */
export function percentileMs(histogram: string, percentile: number): number | undefined {
  const us = readHistogram(histogram)?.(percentile);
  return us === undefined ? undefined : us / 1000;
}

/** Order statistics around the percentile, read from the histogram. */
export function percentileInterval(
  { count, histogram }: Pick<LatencySummary, 'count' | 'histogram'>,
  percentile: number,
): Interval {
  if (count === 0 || histogram === undefined) return unbounded;
  const ranks = quantileRanks(count, percentile / 100, confidence);
  // The middle of the rank's own step, so that rounding cannot lead to its neighbour.
  const at = (rank: number | undefined) =>
    rank === undefined ? undefined : percentileMs(histogram, ((rank - 0.5) / count) * 100);
  return { low: at(ranks.low), high: at(ranks.high) };
}

/** Of the errors of one run, or of several rounds together. */
export function errorInterval(
  runs: readonly Pick<RunReport, 'outcomes' | 'status' | 'successes'>[],
): Interval {
  const ended = runs.reduce((sum, run) => sum + endedCount(run), 0);
  const errors = runs.reduce((sum, run) => sum + errorCount(run), 0);
  return ratioInterval(errors, ended);
}

/** Whether these runs have more errors than those, by more than chance explains. */
export function hasMoreErrors(
  runs: Parameters<typeof errorInterval>[0],
  others: Parameters<typeof errorInterval>[0],
): boolean {
  const { low } = errorInterval(runs);
  const { high } = errorInterval(others);
  return low !== undefined && high !== undefined && low > high;
}

/** Of so many among all. */
export function ratioInterval(part: number, whole: number): Interval {
  return whole === 0 ? unbounded : binomialInterval(part, whole, confidence);
}

/**
 * Between which skews the balancer's true one lies: the largest of the backends' deviations, each by the exact interval of
 * its count. All hold together with the whole confidence, for each is held to its part of the risk (Bonferroni); of two
 * backends one decides the other. Around the expected shares, as `skewNoise` is, a share far from its expectation would
 * seem to vary much less than it does.
 */
export function skewInterval(run: Pick<RunReport, 'backends' | 'distribution'>): Interval {
  const { backends, distribution } = run;
  const attributed = attributedCount(run);
  const members = backends.filter(({ expectedShare = 0 }) => expectedShare > 0);
  if (distribution.skew === undefined || attributed === 0 || members.length === 0) return unbounded;
  const isPair = backends.length === 2 && members.length === 2;
  const each = 1 - (1 - confidence) / (isPair ? 1 : members.length);
  const deviations = members.map(({ count, expectedShare = 1 }) => {
    const { low, high } = binomialInterval(count, attributed, each);
    const [least, most] = [low / expectedShare - 1, high / expectedShare - 1];
    return { low: Math.max(0, least, -most), high: Math.max(-least, most) };
  });
  return {
    low: Math.max(...deviations.map(({ low }) => low)),
    high: Math.max(...deviations.map(({ high }) => high)),
  };
}
