import { runNames } from '../../figures/run-groups.js';
import type { Plan, Threshold } from '../../model/plan.js';
import { formatAlgorithm } from '../../nginx/algorithm.js';
import { checkAbortable } from '../../verdict/abort.js';
import { checkRule } from '../../verdict/check-rule.js';
import { impliedErrors, isAboutErrors } from '../../verdict/rule.js';
import type { CheckedScenario } from '../schema/scenario.js';
import type { ResolveContext } from './context.js';

/** The rules, each checked against the names that the rest of the plan has, and the one that is implied. */
export function resolveThresholds(
  { thresholds, baseline, allowErrors, slo }: CheckedScenario,
  plan: Pick<Plan, 'name' | 'repeat' | 'algorithms' | 'requests' | 'expected' | 'load'>,
  context: ResolveContext,
): readonly Threshold[] {
  const { faults } = context;
  // What is not known for sure must not be called unknown.
  const backends = faults.isWrong(['lab']) || faults.isWrong(['expect']) ? undefined : plan.expected;
  const known = {
    backends: backends?.map(({ address }) => address),
    model: faults.isWrong(['load', 'rate']) ? undefined : plan.load.model,
  };
  const isUnnamed = plan.algorithms.length === 0;
  const stems = isUnnamed ? [plan.name] : plan.algorithms.map(formatAlgorithm);
  const namedBy = ['algorithms', 'repeat', ...(isUnnamed ? ['name', 'lab'] : [])];
  const runs = namedBy.some((key) => faults.isWrong([key])) ? undefined : runNames(stems, plan.repeat);
  const isImplied = !allowErrors && !thresholds.some(({ rule }) => isAboutErrors(rule));
  const implied = isImplied ? [{ rule: impliedErrors, abortOnFail: false }] : [];
  const written = thresholds.map(({ rule, abortOnFail }, index) => {
    const { request, run } = rule.selectors;
    const checked = checkRule(rule, {
      ...known,
      requests:
        request !== undefined && faults.isWrong(['requests'])
          ? [request]
          : plan.requests.map(({ name }) => name),
      runs: runs ?? (run === undefined ? [] : [run]),
    });
    if (!checked.ok) {
      faults.add({ path: ['thresholds', index], blame: 'value', ...checked });
    }
    const abortable = abortOnFail ? checkAbortable(rule, known.model) : undefined;
    if (abortable?.ok === false) {
      faults.add({ path: ['thresholds', index], blame: 'value', ...abortable });
    }
    if ('figure' in rule.metric && rule.metric.figure === 'goodput' && slo === undefined) {
      faults.add(
        {
          path: ['thresholds', index],
          blame: 'value',
          message: 'expected an slo for goodput to be about, got none',
          hint: 'say what a request must keep: slo: { ttft: 500ms, tpot: 50ms }',
        },
        ['slo'],
      );
    }
    if (rule.limit.kind === 'baseline' && baseline === undefined) {
      faults.add(
        {
          path: ['thresholds', index],
          blame: 'value',
          message: 'expected a baseline for the rule to refer to, got none',
          hint: 'name a saved report: baseline: reports/main.json, or --baseline FILE',
        },
        ['baseline'],
      );
    }
    return { rule, abortOnFail };
  });
  return [...written, ...implied];
}
