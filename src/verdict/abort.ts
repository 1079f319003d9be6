import type { Parsed } from '../model/parsed.js';
import type { Rule } from '../model/rule.js';

/**
 * Refuses a rule that cannot end a run early: while a run goes on only errors, skew and the p99 of service time are known, over
 * all requests and backends. In the closed model service time is also response time.
 */
export function checkAbortable(rule: Rule, model: 'closed' | 'open' | undefined): Parsed<Rule> {
  const { metric, selectors, limit, operator } = rule;
  const refuse = (message: string, hint: string): Parsed<Rule> => ({ ok: false, message, hint });
  const isP99 =
    'family' in metric &&
    (metric.family === 'service' || metric.family === 'response') &&
    typeof metric.statistic === 'object' &&
    metric.statistic.percentile === 99;
  const isCount = 'figure' in metric && (metric.figure === 'errors' || metric.figure === 'skew');
  if (!isP99 && !isCount) {
    return refuse(
      'expected a metric that is known while the run goes on, got another with abortOnFail',
      'abortOnFail works with errors, skew and p99',
    );
  }
  if (isP99 && metric.family === 'response' && model === 'open') {
    return refuse(
      'expected service.p99 with abortOnFail in the open model, got response time',
      `write service.${rule.text.replace(/^response\./, '')}`,
    );
  }
  if (Object.values({ ...selectors, run: undefined }).some((narrowed) => narrowed !== undefined)) {
    return refuse(
      'expected a rule over all requests and backends with abortOnFail, got a selector',
      'only {run=…} may narrow it',
    );
  }
  if (!operator.startsWith('<') || limit.kind !== 'value') {
    return refuse('expected an upper limit with abortOnFail, got another', 'write for example errors < 10%');
  }
  return { ok: true, value: rule };
}
