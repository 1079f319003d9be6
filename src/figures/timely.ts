import type { LatencySummary } from '../model/latency.js';
import type { RunReport } from '../model/report.js';
import { readHistogram } from '../stats/encoded-histogram.js';
import { endedCount, errorCount } from './counts.js';
import type { Part } from './figure.js';

/**
 * A figure as good as it can have been had lbbench itself never been late, as far as its own clock and the system's tell what
 * it was late with (`lagMs`, `generator`); `undefined` where that is not known. A rule that this would keep is broken by the
 * sender, for all one knows, and proves nothing of the target.
 */
export type Timely = (run: RunReport, part: Part) => number | undefined;

const looks = 1000;

/**
 * A percentile without the lags. Which request had which lag is not kept, so the worst is assumed of all of them: of n values
 * at most K were shortened by more than a lag c, and if those were the largest ones, the value at rank r is at least the one
 * that was at rank r - K, less c. That holds for every c; the tightest bound counts.
 */
export function timelyPercentile(
  { count, histogram = '' }: LatencySummary,
  percentile: number,
  lag: LatencySummary | undefined,
): number | undefined {
  const [valueUs, lagUs] = [readHistogram(histogram), readHistogram(lag?.histogram ?? '')];
  if (valueUs === undefined || lagUs === undefined || lag === undefined) return undefined;
  let best = 0;
  for (let i = 0; i <= looks; i++) {
    const lagPercentile = (100 * i) / looks;
    const longer = lag.count * (1 - i / looks);
    const shifted = percentile - (100 * longer) / count;
    if (shifted > 0) best = Math.max(best, valueUs(shifted) - (i === 0 ? 0 : lagUs(lagPercentile)));
  }
  return best / 1000;
}

/** A mean without the lags, which are that of all requests, whatever part of them the values are of. */
export function timelyMean(
  { count, mean }: LatencySummary,
  lag: LatencySummary | undefined,
): number | undefined {
  if (mean === undefined || lag?.mean === undefined) return undefined;
  return Math.max(0, mean - (lag.mean * lag.count) / count);
}

/** Errors without those of whose time the sender lost a good part. */
export const timelyErrors: Timely = (run) => {
  const ended = endedCount(run);
  if (run.generator === undefined || ended === 0) return undefined;
  return Math.max(0, errorCount(run) - run.generator.lateFailures) / ended;
};

/** A rate over the time that the sender did not lose. */
export const timelyRate: Timely = ({ generator, rps, load: { durationMs } }) => {
  if (generator === undefined || rps === undefined || generator.lostMs >= durationMs) return undefined;
  return (rps * durationMs) / (durationMs - generator.lostMs);
};
