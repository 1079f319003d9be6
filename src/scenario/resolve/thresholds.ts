import type { Plan, ThresholdText } from '../../model/plan.js';
import { formatAlgorithm } from '../../nginx/algorithm.js';
import { checkAbortable } from '../../verdict/abort.js';
import { checkRule } from '../../verdict/check-rule.js';
import type { CheckedScenario } from '../schema/scenario.js';
import type { ResolveContext } from './context.js';

/** The rules as texts, each checked against the names that the rest of the plan has. */
export function resolveThresholds(
  thresholds: CheckedScenario['thresholds'],
  hasBaseline: boolean,
  plan: Pick<Plan, 'algorithms' | 'requests' | 'expected' | 'load'>,
  context: ResolveContext,
): readonly ThresholdText[] {
  const { faults, isPruned } = context;
  // What is not known for sure must not be called unknown.
  const backends = isPruned(['lab']) || isPruned(['expect']) ? undefined : plan.expected;
  const known = {
    backends: backends?.map(({ address }) => address),
    model: isPruned(['load', 'rate']) ? undefined : plan.load.model,
  };
  return thresholds.map(({ rule, abortOnFail }, index) => {
    const { request, run } = rule.selectors;
    const checked = checkRule(rule, {
      ...known,
      requests:
        request !== undefined && isPruned(['requests']) ? [request] : plan.requests.map(({ name }) => name),
      runs:
        run !== undefined && (plan.algorithms.length === 0 || isPruned(['algorithms']))
          ? [run]
          : plan.algorithms.map(formatAlgorithm),
    });
    if (!checked.ok) {
      faults.add({ path: ['thresholds', index], blame: 'value', ...checked });
    }
    const abortable = abortOnFail ? checkAbortable(rule, known.model) : undefined;
    if (abortable?.ok === false) {
      faults.add({ path: ['thresholds', index], blame: 'value', ...abortable });
    }
    if (rule.limit.kind === 'baseline' && !hasBaseline && !isPruned(['baseline'])) {
      faults.add({
        path: ['thresholds', index],
        blame: 'value',
        message: 'expected a baseline for the rule to refer to, got none',
        hint: 'name a saved report: baseline: reports/main.json, or --baseline FILE',
      });
    }
    return { rule: rule.text, abortOnFail };
  });
}
