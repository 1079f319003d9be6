import { isSelected } from '../figures/run-groups.js';
import type { RunReport, ThresholdResult, Verdict } from '../model/report.js';
import { baselineLimit, type EvaluationContext, withinNoise } from './baseline.js';
import { brokenSpread } from './chance.js';
import { holds } from './holds.js';
import { metricValue } from './metric-value.js';
import type { Rule } from './rule.js';

export type { EvaluationContext } from './baseline.js';

/**
 * Judges every rule on every run it selects, in the order of the rules, then of the runs. `{run=least_conn}` selects all
 * rounds of that algorithm, `{run=least_conn #2}` one; without algorithms it is the scenario's name.
 *
 * A value that could not be measured is `no-data`, never a pass: a gate that saw nothing has no right to be green.
 * A broken rule on the spread (`skew`, `cv`, `jain`, `share`) is a `fail` only if a fair draw of this many requests would
 * break it so less than 1 time in 100; otherwise it is `inconclusive`. What keeps its limit passes.
 * A `baseline` limit is the same metric in the baseline's run of the same name; else the median over its rounds of the
 * same algorithm, or without one of the same name; else over all it has, if both have rounds of one run only. A percentile that breaks such a limit is a `fail` only if the
 * requests of both sides prove it with 99 % confidence each, otherwise `inconclusive`.
 */
export function evaluate(
  rules: readonly Rule[],
  runs: readonly RunReport[],
  context: EvaluationContext,
): ThresholdResult[] {
  return rules.flatMap((rule) => {
    const selected = runs.filter((run) => isSelected(rule.selectors.run, run));
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
  const limit =
    rule.limit.kind === 'value'
      ? { value: rule.limit.value, note: undefined }
      : baselineLimit(rule, rule.limit.factor, run, runs, context);
  if (limit.value === undefined) return result(rule, run.name, measured.value, 'no-data', limit.note);

  if (holds(measured.value, rule.operator, limit.value)) {
    return result(rule, run.name, measured.value, 'pass', measured.note);
  }
  const broken = brokenSpread(rule, run, measured.value, limit.value, context);
  if (broken !== undefined) return result(rule, run.name, measured.value, broken.verdict, broken.note);
  if (rule.limit.kind === 'baseline') {
    const doubt = withinNoise(rule, rule.limit.factor, run, runs, context);
    return result(
      rule,
      run.name,
      measured.value,
      doubt === undefined ? 'fail' : 'inconclusive',
      doubt ?? limit.note,
    );
  }
  return result(rule, run.name, measured.value, 'fail', measured.note);
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
