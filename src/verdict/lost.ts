import { families } from '../figures/catalogue.js';
import { errorCount } from '../figures/counts.js';
import { wholeRun } from '../figures/figure.js';
import { formatCount } from '../figures/format.js';
import { percentileMs } from '../figures/interval.js';
import { holds } from '../figures/reading.js';
import type { RunReport, ThresholdResult } from '../model/report.js';
import type { Rule } from '../model/rule.js';

/** Between which values a figure would lie, had the lost requests been heard of. */
interface Range {
  readonly low: number;
  readonly high: number;
}

/**
 * Where a rule's figure may lie, whatever became of the requests that were lost with their machine: as good and as bad as
 * can be. `undefined` where that is not told, and then nothing is certain.
 */
function rangeWithLost({ metric, selectors }: Rule, run: RunReport): Range | undefined {
  const lost = run.outcomes.lost ?? 0;
  if (selectors.backend !== undefined || selectors.request !== undefined) return undefined;
  if ('family' in metric) {
    const { statistic } = metric;
    const times = families.find(({ name }) => name === metric.family)?.of(run, wholeRun);
    if (typeof times !== 'object' || times.histogram === undefined || typeof statistic === 'string')
      return undefined;
    return percentileRange(times.count, times.histogram, statistic.percentile, lost);
  }
  switch (metric.figure) {
    case 'errors': {
      const ended = run.outcomes.started - run.outcomes.cancelled;
      const errors = errorCount(run);
      return { low: errors / ended, high: (errors + lost) / ended };
    }
    case 'rps':
      // Lost responses can only be more.
      return run.rps === undefined
        ? undefined
        : { low: run.rps, high: run.rps + lost / (run.load.durationMs / 1000) };
    case 'skew':
      return skewRange(run, lost);
    default:
      return undefined;
  }
}

/** Lost requests were quicker than all, or slower. */
function percentileRange(
  count: number,
  histogram: string,
  percentile: number,
  lost: number,
): Range | undefined {
  const rank = (percentile / 100) * (count + lost);
  const low = rank <= lost ? 0 : percentileMs(histogram, ((rank - lost) / count) * 100);
  const high = rank > count ? Number.POSITIVE_INFINITY : percentileMs(histogram, (rank / count) * 100);
  return low === undefined || high === undefined ? undefined : { low, high };
}

/** All of the lost on any one backend, or each where it mends most. */
function skewRange({ backends }: RunReport, lost: number): Range | undefined {
  const total = backends.reduce((sum, { count }) => sum + count, lost);
  if (total === 0 || backends.some(({ expectedShare = 0 }) => expectedShare === 0)) return undefined;
  const deviations = backends.map(({ count, expectedShare = 1 }) => ({
    least: count / total / expectedShare - 1,
    most: (count + lost) / total / expectedShare - 1,
  }));
  return {
    low: Math.max(0, ...deviations.map(({ least, most }) => Math.max(least, -most))),
    high: Math.max(...deviations.map(({ least, most }) => Math.max(most, -least))),
  };
}

/** A verdict stands only if it stood whatever became of the lost requests. */
export function heldAgainstLost<F extends Pick<ThresholdResult, 'verdict' | 'note'>>(
  rule: Rule,
  run: RunReport,
  finding: F,
): F {
  const { lost = 0 } = run.outcomes;
  if (lost === 0 || (finding.verdict !== 'pass' && finding.verdict !== 'fail')) return finding;
  const { limit, operator } = rule;
  const range = limit.kind === 'value' ? rangeWithLost(rule, run) : undefined;
  const stands =
    limit.kind === 'value' &&
    range !== undefined &&
    [range.low, range.high].every(
      (value) => holds(value, operator, limit.value) === (finding.verdict === 'pass'),
    );
  if (stands) return finding;
  const note = `${formatCount(lost)} requests were lost with their machine, and could decide it`;
  return { ...finding, verdict: 'inconclusive', note };
}
