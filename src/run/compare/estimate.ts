import { type Figure, wholeRun } from '../../figures/figure.js';
import { unbounded } from '../../figures/interval.js';
import { overRounds, type RunGroup } from '../../figures/run-groups.js';
import type { Estimate } from '../../model/comparison.js';

/** A figure of a group of rounds, or of a single run with its interval; `undefined` when it was not measured. */
export function estimateOf(group: RunGroup, { read, interval }: Figure): Estimate | undefined {
  const spread = overRounds(group, (run) => read(run, wholeRun).value);
  if (spread === undefined) return undefined;
  const bounds = (group.runs.length === 1 ? interval?.(group.typical, wholeRun) : undefined) ?? unbounded;
  return { value: spread.median, rounds: group.runs.length, ...bounds };
}
