import type { Figure } from '../../figures/figure.js';
import type { Estimate, Finding } from '../../model/comparison.js';
import { welchTest } from '../../stats/welch-test.js';

/** Chance may show what is called a change less than this often. */
const significance = 0.01;

/** With fewer rounds on a side their spread says next to nothing. */
const fewestRounds = 3;

/** A figure in one report: what it is estimated to be, and its value in each round. */
export interface Side {
  readonly estimate: Estimate | undefined;
  readonly values: readonly number[];
}

/**
 * Whether a figure changed. With three rounds or more on both sides by Welch's test on the rounds, which sees what changes
 * from one run to the next; with one run each by whether their intervals meet, which sees only the requests of those runs.
 */
export function findingOf(baseline: Side, now: Side, better: Figure['better']): Finding {
  const [before, after] = [baseline.estimate, now.estimate];
  if (before === undefined || after === undefined) {
    return { change: undefined, verdict: 'no-data', basis: undefined };
  }
  const change = before.value === 0 ? undefined : after.value / before.value - 1;
  const direction = byRounds(baseline.values, now.values) ?? byRequests(before, after);
  if (direction === undefined) return { change, verdict: 'no-evidence', basis: undefined };
  const { sign, basis } = direction;
  if (sign === 0) return { change, verdict: 'no-evidence', basis };
  return { change, verdict: sign > 0 === (better === 'higher') ? 'better' : 'worse', basis };
}

interface Direction {
  /** 1 for more than before, -1 for less, 0 when chance may have done it. */
  readonly sign: number;
  readonly basis: 'rounds' | 'requests';
}

function byRounds(before: readonly number[], after: readonly number[]): Direction | undefined {
  if (Math.min(before.length, after.length) < fewestRounds) return undefined;
  const { statistic, pValue } = welchTest(after, before);
  return { sign: pValue < significance ? Math.sign(statistic) : 0, basis: 'rounds' };
}

function byRequests(before: Estimate, after: Estimate): Direction | undefined {
  if (before.rounds > 1 || after.rounds > 1) return undefined;
  const isBounded = ({ low, high }: Estimate) => low !== undefined || high !== undefined;
  if (!isBounded(before) || !isBounded(after)) return undefined;
  if (before.high !== undefined && after.low !== undefined && after.low > before.high) {
    return { sign: 1, basis: 'requests' };
  }
  if (before.low !== undefined && after.high !== undefined && after.high < before.low) {
    return { sign: -1, basis: 'requests' };
  }
  return { sign: 0, basis: 'requests' };
}
