import type { RunReport, ThresholdResult, Verdict } from '../model/report.js';
import { type Lookups, type MetricValue, metricValue } from './metric-value.js';
import type { Operator, Rule } from './rule.js';

export interface EvaluationContext extends Lookups {
  /** Runs of the report that `baseline` in a rule refers to. */
  readonly baseline?: readonly RunReport[] | undefined;
}

/**
 * Judges every rule on every run it selects, in the order of the rules, then of the runs. `{run=least_conn}` selects all
 * rounds of that algorithm, `{run=least_conn #2}` one.
 *
 * A value that could not be measured is `no-data`, never a pass: a gate that saw nothing has no right to be green.
 * A broken `skew <` rule is a `fail` only if a fair draw of this many requests would show such a skew less than 1 time in
 * 100, that is, if it lies above the run's `skewNoise`; otherwise it is `inconclusive`. A skew within its limit passes.
 * A `baseline` limit is the same metric in the baseline's run of the same name, or in its only run if both have one.
 */
export function evaluate(
  rules: readonly Rule[],
  runs: readonly RunReport[],
  context: EvaluationContext,
): ThresholdResult[] {
  return rules.flatMap((rule) => {
    const selected = runs.filter(
      ({ name, algorithm }) =>
        rule.selectors.run === undefined || rule.selectors.run === name || rule.selectors.run === algorithm,
    );
    if (selected.length > 0) return selected.map((run) => judge(rule, run, runs, context));
    return [result(rule, rule.selectors.run ?? '', undefined, 'no-data', 'no such run')];
  });
}

/**
 * One verdict of many: `fail` if any failed, because that is certain; else `no-data` if any could not be measured, which
 * needs repair before more requests can help; else `inconclusive`; else `pass`, also without any rule.
 */
export function overallVerdict(results: readonly ThresholdResult[]): Verdict {
  const worst = (['fail', 'no-data', 'inconclusive'] as const).find((verdict) =>
    results.some((result) => result.verdict === verdict),
  );
  return worst ?? 'pass';
}

function judge(
  rule: Rule,
  run: RunReport,
  runs: readonly RunReport[],
  context: EvaluationContext,
): ThresholdResult {
  const measured = metricValue(run, rule, context);
  if (measured.value === undefined) return result(rule, run.name, undefined, 'no-data', measured.note);
  const limit = limitOf(rule, run, runs, context);
  if (limit.value === undefined) return result(rule, run.name, measured.value, 'no-data', limit.note);

  if (holds(measured.value, rule.operator, limit.value)) {
    return result(rule, run.name, measured.value, 'pass', measured.note);
  }
  if (rule.metric.kind === 'count' && rule.metric.name === 'skew' && rule.operator.startsWith('<')) {
    return brokenSkew(rule, run, measured.value, limit.value, context);
  }
  return result(rule, run.name, measured.value, 'fail', measured.note);
}

function brokenSkew(
  rule: Rule,
  run: RunReport,
  skew: number,
  limit: number,
  context: EvaluationContext,
): ThresholdResult {
  const attributed = run.backends.reduce((sum, { count }) => sum + count, 0);
  const noise = run.distribution.skewNoise;
  if (noise === undefined) {
    return result(rule, run.name, skew, 'inconclusive', 'how much skew chance alone can cause is not known');
  }
  if (holds(skew, '>', noise)) {
    return result(
      rule,
      run.name,
      skew,
      'fail',
      `in 99 of 100 fair draws of ${attributed} requests the skew is at most ${percent(noise)}`,
    );
  }
  const needed = context.minimumRequests?.(run, limit);
  return result(
    rule,
    run.name,
    skew,
    'inconclusive',
    `a fair draw of ${attributed} requests may show a skew of ${percent(noise)}${needed === undefined ? '' : `; ${needed} requests decide it`}`,
  );
}

function limitOf(
  rule: Rule,
  run: RunReport,
  runs: readonly RunReport[],
  context: EvaluationContext,
): MetricValue {
  if (rule.limit.kind === 'value') return { value: rule.limit.value, note: undefined };
  const { baseline } = context;
  if (baseline === undefined) return { value: undefined, note: 'no baseline was given' };
  const only = runs.length === 1 && baseline.length === 1 ? baseline[0] : undefined;
  const counterpart = baseline.find(({ name }) => name === run.name) ?? only;
  if (counterpart === undefined) return { value: undefined, note: 'the baseline has no such run' };
  const measured = metricValue(counterpart, rule, context);
  if (measured.value === undefined) return { value: undefined, note: `baseline: ${measured.note}` };
  return { value: measured.value * rule.limit.factor, note: undefined };
}

/** 525 of 1000 over two backends is a skew of 0.05, but 0.525 / 0.5 - 1 is not quite; hence the rounding. */
function holds(value: number, operator: Operator, limit: number): boolean {
  const left = Number(value.toPrecision(12));
  const right = Number(limit.toPrecision(12));
  switch (operator) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}

function percent(ratio: number): string {
  return `${Number((ratio * 100).toPrecision(2))} %`;
}

function result(
  rule: Rule,
  run: string,
  value: number | undefined,
  verdict: Verdict,
  note: string | undefined,
): ThresholdResult {
  return { rule: rule.text, run, value, verdict, note };
}
