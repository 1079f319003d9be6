import type { LatencySummary } from '../model/latency.js';
import type { RunReport } from '../model/report.js';
import { errorCount } from './counts.js';
import { type Interval, percentileMs, unbounded } from './interval.js';

/**
 * Where a figure lies, whatever became of the requests that were lost with their machine (`outcomes.lost`): as good as can be
 * and as bad as can be. Of a whole run: whose they would have been is lost with them.
 */
export type Lost = (run: RunReport) => Interval;

export const errorsWithLost: Lost = (run) => {
  const { started, cancelled, lost = 0 } = run.outcomes;
  const [ended, errors] = [started - cancelled, errorCount(run)];
  return { low: errors / ended, high: (errors + lost) / ended };
};

/** Lost responses can only be more. */
export const rateWithLost: Lost = ({ rps, outcomes: { lost = 0 }, load: { durationMs } }) =>
  rps === undefined ? unbounded : { low: rps, high: rps + lost / (durationMs / 1000) };

/** Lost requests were quicker than all, or slower. */
export function percentileWithLost(
  { count, histogram }: LatencySummary,
  percentile: number,
  lost: number,
): Interval {
  if (histogram === undefined) return unbounded;
  const rank = (percentile / 100) * (count + lost);
  return {
    low: rank <= lost ? 0 : percentileMs(histogram, ((rank - lost) / count) * 100),
    high: rank > count ? Number.POSITIVE_INFINITY : percentileMs(histogram, (rank / count) * 100),
  };
}

/** All of the lost on any one backend, or each where it mends most. */
export const skewWithLost: Lost = ({ backends, outcomes: { lost = 0 } }) => {
  const total = backends.reduce((sum, { count }) => sum + count, lost);
  if (total === 0 || backends.some(({ expectedShare = 0 }) => expectedShare === 0)) return unbounded;
  const deviations = backends.map(({ count, expectedShare = 1 }) => ({
    least: count / total / expectedShare - 1,
    most: (count + lost) / total / expectedShare - 1,
  }));
  return {
    low: Math.max(0, ...deviations.map(({ least, most }) => Math.max(least, -most))),
    high: Math.max(...deviations.map(({ least, most }) => Math.max(most, -least))),
  };
};
