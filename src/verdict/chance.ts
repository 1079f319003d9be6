import { attributedCount } from '../figures/counts.js';
import type { RunReport, Verdict } from '../model/report.js';
import type { EvaluationContext } from './baseline.js';
import { holds } from './holds.js';
import type { Rule } from './rule.js';

/** A broken rule fails only where chance would explain it less often than this. */
const risk = 0.01;

/** What a broken rule comes to, and why. */
interface Finding {
  readonly verdict: Extract<Verdict, 'fail' | 'inconclusive'>;
  readonly note: string;
}

/**
 * Whether a fair balancer's luck explains a broken rule on the spread; `undefined` for rules that luck is not asked about,
 * among them those that ask for more unevenness.
 *
 * - `skew <`, and of the same counts `cv <` and `jain >`: fail above the run's `skewNoise`, which a fair draw of its
 *   requests exceeds less than 1 time in 100.
 * - `share`: fails where so few requests, or so many, would come less than 1 time in 100 by the binomial tail at the
 *   backend's expected share; at the limit where that share itself breaks the rule, or is not known.
 */
export function brokenSpread(
  rule: Rule,
  run: RunReport,
  value: number,
  limit: number,
  context: EvaluationContext,
): Finding | undefined {
  const { metric, operator } = rule;
  if (metric.kind !== 'count') return undefined;
  const isUpper = operator.startsWith('<');
  switch (metric.name) {
    case 'skew':
      return isUpper ? brokenEvenness(run, value, context.minimumRequests?.(run, limit)) : undefined;
    case 'cv':
      return isUpper ? brokenEvenness(run, run.distribution.skew) : undefined;
    case 'jain':
      return isUpper ? undefined : brokenEvenness(run, run.distribution.skew);
    case 'share':
      return brokenShare(rule, run, limit, context);
    default:
      return undefined;
  }
}

/** @param needed requests that decide the rule, where that is known */
function brokenEvenness(run: RunReport, skew: number | undefined, needed?: number): Finding {
  const attributed = attributedCount(run).toLocaleString('en');
  const noise = run.distribution.skewNoise;
  if (noise === undefined || skew === undefined) {
    return { verdict: 'inconclusive', note: 'how much skew chance alone can cause is not known' };
  }
  if (holds(skew, '>', noise)) {
    return {
      verdict: 'fail',
      note: `in 99 of 100 fair draws of ${attributed} requests the skew is at most ${percent(noise)}`,
    };
  }
  return {
    verdict: 'inconclusive',
    note: `a fair draw of ${attributed} requests may show a skew of ${percent(noise)}${needed === undefined ? '' : `; ${needed.toLocaleString('en')} requests decide it`}`,
  };
}

function brokenShare(
  { selectors, operator }: Rule,
  run: RunReport,
  limit: number,
  { binomialTail }: EvaluationContext,
): Finding | undefined {
  const backend = run.backends.find(({ address }) => address === selectors.backend);
  if (backend === undefined || binomialTail === undefined) return undefined;
  const expected = backend.expectedShare;
  const share = expected !== undefined && holds(expected, operator, limit) ? expected : limit;
  const attributed = attributedCount(run);
  const side = operator.startsWith('<') ? 'at least' : 'at most';
  const probability = binomialTail(side, backend.count, attributed, Math.min(1, share));
  const draw = `were its true share ${percent(share, 3)}, ${attributed.toLocaleString('en')} requests would give it so ${side === 'at least' ? 'many' : 'few'}`;
  return probability < risk
    ? { verdict: 'fail', note: `${draw} less than 1 time in 100` }
    : {
        verdict: 'inconclusive',
        note: `${draw} ${percent(probability)} of the time; more requests decide it`,
      };
}

function percent(ratio: number, digits = 2): string {
  return `${Number((ratio * 100).toPrecision(digits))} %`;
}
