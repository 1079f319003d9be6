import { errorRatio, retryRatio } from '../figures/counts.js';
import { formatMs, formatPercent, formatRate } from '../figures/format.js';
import type { RunReport } from '../model/report.js';

/** A figure that runs are compared by. */
export interface ComparedFigure {
  readonly head: string;
  readonly of: (run: RunReport) => number | undefined;
  readonly format: (value: number | undefined) => string;
  readonly best: 'most' | 'least';
  /** Where there is little room the figures of the highest number go first; 0 stays. */
  readonly dropOrder: number;
}

/** What runs are set side by side by; times in milliseconds. */
export const comparedFigures: readonly ComparedFigure[] = [
  { head: 'req/s', of: ({ rps }) => rps, format: formatRate, best: 'most', dropOrder: 0 },
  { head: 'p50', of: ({ responseMs }) => responseMs.p50, format: formatMs, best: 'least', dropOrder: 2 },
  { head: 'p99', of: ({ responseMs }) => responseMs.p99, format: formatMs, best: 'least', dropOrder: 0 },
  { head: 'errors', of: errorRatio, format: formatPercent, best: 'least', dropOrder: 0 },
  {
    head: 'skew',
    of: ({ distribution }) => distribution.skew,
    format: formatPercent,
    best: 'least',
    dropOrder: 0,
  },
  {
    head: 'in-flight skew',
    of: ({ distribution }) => distribution.inFlightSkew,
    format: formatPercent,
    best: 'least',
    dropOrder: 1,
  },
  { head: 'retries', of: retryRatio, format: formatPercent, best: 'least', dropOrder: 3 },
];
