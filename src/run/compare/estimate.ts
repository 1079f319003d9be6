import { attributedCount, errorRatio } from '../../figures/counts.js';
import { overRounds, type RunGroup } from '../../figures/run-groups.js';
import type { ComparedMetric, Estimate } from '../../model/comparison.js';
import type { RunReport } from '../../model/report.js';
import { binomialInterval } from '../../stats/binomial-interval.js';
import { quantileRanks } from '../../stats/quantile-ranks.js';
import { percentileOfEncoded } from '../../tally/latency-histogram.js';

/** Of each interval. Two that do not meet then differ by chance less than 1 time in 100. */
const confidence = 0.99;

interface Metric {
  readonly name: ComparedMetric;
  readonly better: 'more' | 'less';
  readonly of: (run: RunReport) => number | undefined;
  /** The 99 % interval that the requests of one run give. */
  readonly interval: (run: RunReport) => Interval;
}

type Interval = Pick<Estimate, 'low' | 'high'>;

const unbounded: Interval = { low: undefined, high: undefined };

export const comparedMetrics: readonly Metric[] = [
  // How much the rate of a run varies is not to be seen in one run.
  { name: 'rps', better: 'more', of: ({ rps }) => rps, interval: () => unbounded },
  {
    name: 'p50',
    better: 'less',
    of: ({ responseMs }) => responseMs.p50,
    interval: ({ responseMs }) => percentileInterval(responseMs, 50),
  },
  {
    name: 'p99',
    better: 'less',
    of: ({ responseMs }) => responseMs.p99,
    interval: ({ responseMs }) => percentileInterval(responseMs, 99),
  },
  { name: 'errors', better: 'less', of: errorRatio, interval: errorInterval },
  { name: 'skew', better: 'less', of: ({ distribution }) => distribution.skew, interval: skewInterval },
  {
    name: 'inflight-skew',
    better: 'less',
    of: ({ distribution }) => distribution.inFlightSkew,
    interval: () => unbounded,
  },
];

/** A figure of a group of rounds, or of a single run with its interval; `undefined` when it was not measured. */
export function estimateOf(group: RunGroup, { of, interval }: Metric): Estimate | undefined {
  const spread = overRounds(group, of);
  if (spread === undefined) return undefined;
  const bounds = group.runs.length === 1 ? interval(group.typical) : unbounded;
  return { value: spread.median, rounds: group.runs.length, ...bounds };
}

/** Order statistics around the percentile, read from the histogram. */
export function percentileInterval(
  { count, histogram }: RunReport['responseMs'],
  percentile: number,
): Interval {
  if (count === 0 || histogram === undefined) return unbounded;
  const ranks = quantileRanks(count, percentile / 100, confidence);
  // The middle of the rank's own step, so that rounding cannot lead to its neighbour.
  const at = (rank: number | undefined) =>
    rank === undefined ? undefined : percentileOfEncoded(histogram, ((rank - 0.5) / count) * 100);
  return { low: at(ranks.low), high: at(ranks.high) };
}

function errorInterval(run: RunReport): Interval {
  const ratio = errorRatio(run);
  const trials = run.outcomes.started - run.outcomes.cancelled;
  if (ratio === undefined) return unbounded;
  return binomialInterval(Math.round(ratio * trials), trials, confidence);
}

/**
 * Between which skews the balancer's true one lies: the largest of the backends' deviations, each by the exact interval of
 * its count. All hold together with the whole confidence, for each is held to its part of the risk (Bonferroni); of two
 * backends one decides the other. Around the expected shares, as `skewNoise` is, a share far from its expectation would
 * seem to vary much less than it does.
 */
function skewInterval(run: RunReport): Interval {
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
