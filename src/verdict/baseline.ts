import { median } from 'simple-statistics';
import { figureOf, hiddenOfRule, intervalOfRule, readRule } from '../figures/catalogue.js';
import type { Interval } from '../figures/interval.js';
import type { Reading } from '../figures/reading.js';
import { groupKey } from '../figures/run-groups.js';
import { formatRough } from '../figures/units.js';
import type { RunReport } from '../model/report.js';
import type { Rule } from '../model/rule.js';

/** The limit that a rule takes from the baseline; its note says what the baseline's figure is. */
export function baselineLimit(
  rule: Pick<Rule, 'metric' | 'selectors'>,
  factor: number,
  counterparts: readonly RunReport[],
): Reading {
  if (counterparts.length === 0) return { value: undefined, note: 'the baseline has no such run' };
  const readings = counterparts.map((counterpart) => readRule(counterpart, rule));
  const missing = readings.find(({ value }) => value === undefined);
  if (missing !== undefined) return { value: undefined, note: `baseline: ${missing.note}` };
  const value = median(readings.flatMap(({ value }) => value ?? [])) * factor;
  return { value, note: `the baseline allows ${formatRough(figureOf(rule.metric).unit, value)}` };
}

/**
 * The two ends of a baseline's limit, whatever became of the requests that its figure does not see; none where it sees all of
 * them.
 */
export function hiddenLimits(
  rule: Pick<Rule, 'metric' | 'selectors'>,
  factor: number,
  counterparts: readonly RunReport[],
): readonly (number | undefined)[] {
  const hidden = counterparts.map((counterpart) => hiddenOfRule(counterpart, rule));
  if (hidden.every(({ lost, unplaced }) => lost + unplaced === 0)) return [];
  return [hidden.map(({ low }) => low), hidden.map(({ high }) => high)].map((ends) => {
    const known = ends.filter((end) => end !== undefined);
    return known.length < ends.length ? undefined : median(known) * factor;
  });
}

/**
 * Why a percentile that breaks its baseline's limit may do so by chance; `undefined` when it is proven, or when the metric
 * is no percentile: nothing else is softened here.
 */
export function withinNoise(
  rule: Rule,
  factor: number,
  run: RunReport,
  counterparts: readonly RunReport[],
): string | undefined {
  const { metric, operator } = rule;
  if (!('family' in metric) || typeof metric.statistic === 'string' || metric.statistic.percentile === 100) {
    return undefined;
  }
  const own = intervalOfRule(run, rule);
  const others = counterparts.map((counterpart) => intervalOfRule(counterpart, rule));
  const low = scaled(
    extreme(
      Math.min,
      others.map(({ low }) => low),
    ),
    factor,
  );
  const high = scaled(
    extreme(
      Math.max,
      others.map(({ high }) => high),
    ),
    factor,
  );
  const isProven = operator.startsWith('<')
    ? own.low !== undefined && high !== undefined && own.low > high
    : own.high !== undefined && low !== undefined && own.high < low;
  if (isProven) return undefined;
  return `chance may explain it: of ${rangeText(own)} here the baseline allows ${rangeText({ low, high })}; more requests decide it`;
}

/** The run of the same name; for and among rounds all of the same group; else what there is where each side has one group. */
export function counterpartsOf(
  run: RunReport,
  runs: readonly RunReport[],
  baseline: readonly RunReport[],
): readonly RunReport[] {
  const named = baseline.filter(({ name }) => name === run.name);
  if (named.length > 0 && run.round === undefined) return named;
  const rounds = baseline.filter((other) => groupKey(other) === groupKey(run));
  if (rounds.length > 0) return rounds;
  if (named.length > 0) return named;
  const isSingle = [runs, baseline].every((side) => new Set(side.map(groupKey)).size === 1);
  return isSingle ? baseline : [];
}

/** `undefined` when any side is not bounded. */
function extreme(
  pick: (...values: number[]) => number,
  values: readonly (number | undefined)[],
): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === values.length && known.length > 0 ? pick(...known) : undefined;
}

function scaled(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : value * factor;
}

function rangeText({ low, high }: Interval): string {
  const text = (ms: number) => formatRough('ms', ms);
  if (low === undefined && high === undefined) return 'any time';
  if (high === undefined) return `${text(low ?? 0)} or more`;
  return low === undefined ? `up to ${text(high)}` : `${text(low)} to ${text(high)}`;
}
