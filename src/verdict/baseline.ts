import { groupKey } from '../figures/run-groups.js';
import type { RunReport } from '../model/report.js';
import { type Lookups, type MetricValue, metricValue, timeSummary } from './metric-value.js';
import type { Rule } from './rule.js';

export interface EvaluationContext extends Lookups {
  /** Runs of the report that `baseline` in a rule refers to. */
  readonly baseline?: readonly RunReport[] | undefined;
}

/** The limit that a rule takes from the baseline; its note says what the baseline's figure is. */
export function baselineLimit(
  rule: Rule,
  factor: number,
  run: RunReport,
  runs: readonly RunReport[],
  context: EvaluationContext,
): MetricValue {
  if (context.baseline === undefined) return { value: undefined, note: 'no baseline was given' };
  const counterparts = counterpartsOf(run, runs, context.baseline);
  if (counterparts.length === 0) return { value: undefined, note: 'the baseline has no such run' };
  const measured = counterparts.map((counterpart) => metricValue(counterpart, rule, context));
  const missing = measured.find(({ value }) => value === undefined);
  if (missing !== undefined) return { value: undefined, note: `baseline: ${missing.note}` };
  const value = median(measured.flatMap(({ value }) => value ?? []));
  const limit = value * factor;
  return { value: limit, note: `the baseline allows ${shown(rule, limit)}` };
}

/**
 * Why a percentile that breaks its baseline's limit may do so by chance; `undefined` when it is proven, or when the metric
 * is no percentile.
 */
export function withinNoise(
  rule: Rule,
  factor: number,
  run: RunReport,
  runs: readonly RunReport[],
  { baseline, percentileInterval }: EvaluationContext,
): string | undefined {
  const { metric, selectors, operator } = rule;
  if (percentileInterval === undefined || baseline === undefined) return undefined;
  if (metric.kind !== 'time' || typeof metric.statistic === 'string' || metric.statistic.percentile === 100) {
    return undefined;
  }
  const { percentile } = metric.statistic;
  const intervalOf = (one: RunReport) =>
    percentileInterval(timeSummary(one, metric.family, selectors), percentile);
  const own = intervalOf(run);
  const others = counterpartsOf(run, runs, baseline).map(intervalOf);
  const low = extreme(
    Math.min,
    others.map(({ low }) => low),
  );
  const high = extreme(
    Math.max,
    others.map(({ high }) => high),
  );
  const isProven = operator.startsWith('<')
    ? own.low !== undefined && high !== undefined && own.low > high * factor
    : own.high !== undefined && low !== undefined && own.high < low * factor;
  if (isProven) return undefined;
  return `chance may explain it: of ${range(own.low, own.high)} here the baseline allows ${range(
    low === undefined ? undefined : low * factor,
    high === undefined ? undefined : high * factor,
  )}; more requests decide it`;
}

/** The run of the same name; for and among rounds all of the same group; else what there is where each side has one group. */
function counterpartsOf(
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

function range(low: number | undefined, high: number | undefined): string {
  const text = (ms: number) => `${Number(ms.toPrecision(3))} ms`;
  if (low === undefined && high === undefined) return 'any time';
  if (high === undefined) return `${text(low ?? 0)} or more`;
  return low === undefined ? `up to ${text(high)}` : `${text(low)} to ${text(high)}`;
}

function shown({ metric }: Rule, value: number): string {
  const number = Number(value.toPrecision(3));
  if (metric.kind === 'time') return `${number} ms`;
  return metric.name === 'rps' ? `${number}/s` : `${Number((value * 100).toPrecision(3))} %`;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}
