import type { LatencySummary } from '../model/latency.js';
import type { Statistic } from '../model/rule.js';
import { type Family, type Figure, wholeRun } from './figure.js';
import { formatCount } from './format.js';
import { hiddenPercentile } from './hidden.js';
import { percentileInterval, percentileMs, unbounded } from './interval.js';
import { known, type Reading, unknown } from './reading.js';
import { timelyMean, timelyPercentile } from './timely.js';

/** What the summary of values has at hand; other percentiles are read from its histogram. */
const percentilesAtHand = [
  [50, 'p50'],
  [66, 'p66'],
  [75, 'p75'],
  [80, 'p80'],
  [90, 'p90'],
  [95, 'p95'],
  [98, 'p98'],
  [99, 'p99'],
  [99.9, 'p999'],
  [100, 'max'],
] as const;

/** Those that are written out where a rule could name any. */
export const statisticExamples = ['p50', 'p90', 'p99', 'p99.9', 'min', 'mean', 'median', 'max'];

/** `p999` is the usual way to write p99.9; with a dot the number is taken as it stands. */
export function parseStatistic(text: string): Statistic | undefined {
  if (text === 'min' || text === 'mean' || text === 'max') return text;
  if (text === 'median') return { percentile: 50 };
  const digits = /^p(\d{1,3}(?:\.\d{1,4})?|9{3,6})$/.exec(text)?.[1];
  if (digits === undefined) return undefined;
  const percentile = /^9{3,}$/.test(digits) ? Number(`99.${digits.slice(2)}`) : Number(digits);
  return percentile > 0 && percentile <= 100 ? { percentile } : undefined;
}

/** One figure of a family, called by the statistic with this in front. */
export function figureOfFamily(family: Family, prefix: string, statistic: Statistic): Figure {
  const { unit, better, per, meaning, ofStreams } = family;
  const word = typeof statistic === 'string' ? statistic : `p${statistic.percentile}`;
  return {
    name: `${prefix}${word}`,
    head: `${prefix}${word}`,
    unit,
    better,
    per,
    meaning,
    ...(ofStreams && { ofStreams }),
    read: (run, part) => {
      const values = family.of(run, part);
      return typeof values === 'string' ? unknown(values) : statisticOf(values, statistic);
    },
    interval: (run, part) => {
      const values = family.of(run, part);
      if (typeof values === 'string' || typeof statistic === 'string' || statistic.percentile === 100)
        return unbounded;
      return percentileInterval(values, statistic.percentile);
    },
    timely: (run, part) => {
      const values = family.of(run, part);
      // The sender's lateness is no excuse for itself, nor for times that the kernel has dated: of those only a late start is in
      // them, where they count from when a request was due.
      if (typeof values === 'string' || values === run.lagMs || statistic === 'min') return undefined;
      const countsFromDue = family.name === 'response' && run.load.model === 'open';
      if (run.wire?.clock === 'kernel' && !countsFromDue) return undefined;
      return typeof statistic === 'string'
        ? timelyStatistic(values, statistic, run.lagMs)
        : timelyPercentile(values, statistic.percentile, run.lagMs);
    },
    ...(typeof statistic === 'object' && {
      hidden: hiddenPercentile(statistic.percentile, (run) => {
        const values = family.of(run, wholeRun);
        return typeof values === 'string' ? undefined : values;
      }),
    }),
  };
}

function timelyStatistic(values: LatencySummary, statistic: 'mean' | 'max', lag: LatencySummary | undefined) {
  return statistic === 'mean' ? timelyMean(values, lag) : timelyPercentile(values, 100, lag);
}

function statisticOf(values: LatencySummary, statistic: Statistic): Reading {
  if (values.count === 0) return unknown('no samples');
  if (typeof statistic === 'string') return known(values[statistic]);
  const { percentile } = statistic;
  const atHand = percentilesAtHand.find(([one]) => one === percentile)?.[1];
  const value =
    atHand !== undefined
      ? values[atHand]
      : values.histogram === undefined
        ? undefined
        : percentileMs(values.histogram, percentile);
  // With fewer samples than this no sample lies above the percentile.
  const isMaximum = percentile < 100 && values.count * (100 - percentile) < 100 - 1e-9;
  return known(
    value,
    isMaximum ? `of ${formatCount(values.count)} samples this percentile is the maximum` : undefined,
  );
}
