import { type Fault, LbbenchError } from '../model/fault.js';
import type { Report, RunReport } from '../model/report.js';
import { binomialLowerTail, binomialUpperTail } from '../stats/binomial-tail.js';
import { minimumRequests } from '../stats/fair-draw.js';
import { percentileOfEncoded } from '../tally/latency-histogram.js';
import { evaluate, overallVerdict } from '../verdict/evaluate.js';
import { parseRule, type Rule } from '../verdict/rule.js';
import { percentileInterval } from './compare/estimate.js';

/**
 * The rules of threshold texts.
 *
 * @param path what to call them in messages
 * @throws LbbenchError with the faults of all of them
 */
export function rulesOf(texts: readonly string[], path: string): Rule[] {
  const faults: Fault[] = [];
  const rules = texts.flatMap((text) => {
    const parsed = parseRule(text);
    if (parsed.ok) return [parsed.value];
    faults.push({ path, message: parsed.message, hint: parsed.hint });
    return [];
  });
  if (faults.length > 0) throw new LbbenchError('usage', faults);
  return rules;
}

/** Judges rules on runs; `baseline` in a rule refers to the runs of another report. */
export function judged(
  rules: readonly Rule[],
  runs: readonly RunReport[],
  baseline?: readonly RunReport[] | undefined,
): Pick<Report, 'thresholds' | 'verdict'> {
  const thresholds = evaluate(rules, runs, {
    baseline,
    percentileOf: percentileOfEncoded,
    percentileInterval,
    binomialTail: (side, ...draws) => (side === 'at most' ? binomialLowerTail : binomialUpperTail)(...draws),
    minimumRequests: (run, limit) =>
      minimumRequests(
        limit,
        run.backends.flatMap(({ expectedShare }) =>
          expectedShare !== undefined && expectedShare > 0 ? [expectedShare] : [],
        ),
      ),
  });
  return { thresholds, verdict: overallVerdict(thresholds) };
}

/** The tightest limit any rule puts on the skew. */
export function skewLimitOf(rules: readonly Rule[]): number | undefined {
  const limits = rules.flatMap(({ metric, limit, operator }) =>
    metric.kind === 'count' && metric.name === 'skew' && limit.kind === 'value' && operator.startsWith('<')
      ? [limit.value]
      : [],
  );
  return limits.length === 0 ? undefined : Math.min(...limits);
}
