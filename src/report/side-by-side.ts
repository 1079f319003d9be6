import { figureNamed } from '../figures/catalogue.js';
import { wholeRun } from '../figures/figure.js';
import { units } from '../figures/units.js';
import type { RunReport } from '../model/report.js';

/** A figure that runs are compared by. */
export interface ComparedFigure {
  readonly head: string;
  /** With the unit of times, for tables that do not say it for all of them. */
  readonly headWithUnit: string;
  readonly of: (run: RunReport) => number | undefined;
  readonly format: (value: number | undefined) => string;
  readonly best: 'most' | 'least';
  /** Where there is little room the figures of the highest number go first; 0 stays. */
  readonly dropOrder: number;
}

const choice = [
  ['rps', 0],
  ['p50', 2],
  ['p99', 0],
  ['errors', 0],
  ['skew', 0],
  ['inflight-skew', 1],
  ['retries', 3],
] as const;

/** What runs are set side by side by; times in milliseconds. */
export const comparedFigures: readonly ComparedFigure[] = choice.map(([name, dropOrder]) => {
  const { head, unit, better, read } = figureNamed(name);
  return {
    head,
    headWithUnit: `${head}${units[unit].headSuffix}`,
    of: (run) => read(run, wholeRun).value,
    format: units[unit].bare,
    best: better === 'higher' ? 'most' : 'least',
    dropOrder,
  };
});
