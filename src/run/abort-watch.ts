import { skewOf } from '../distribution/skew.js';
import type { LoadProgress } from '../engine/load-job.js';
import { formatCount } from '../figures/format.js';
import { formatRough } from '../figures/units.js';
import type { ExpectedBackend } from '../model/plan.js';
import type { Rule } from '../model/rule.js';
import { binomialUpperTail } from '../stats/binomial-tail.js';
import { fairDrawTail } from '../stats/fair-draw.js';

/** Before this many requests have ended no rule ends a run. */
const fewestRequests = 100;

/** For p99, of which one in a hundred requests tells anything. */
const fewestForP99 = 1_000;

/** How far above its limit p99 must stay. */
const p99Margin = 1.2;

/** A run is looked at many times, so what may end it is asked to be this rare by chance. */
const risk = 1e-6;

/** Looks in a row that must agree: two for counts, four (a second) for p99, whose noise is not known on the way. */
const looksNeeded = { count: 2, p99: 4 } as const;

/**
 * Sees from looks at a run whether one of its rules has no hope left:
 *
 * - `errors`: with a true ratio at the limit so many errors would come less than once in a million, from 100 requests on;
 * - `skew`: above its limit, and a fair draw would show it less than once in a million, from 100 requests on;
 * - `p99`: a fifth above its limit for a second, from 1,000 requests on.
 */
export class AbortWatch {
  readonly #rules: readonly Rule[];
  readonly #expected: readonly ExpectedBackend[] | undefined;
  readonly #streaks = new Map<Rule, number>();
  #ended = 0;

  constructor(rules: readonly Rule[], expected: readonly ExpectedBackend[] | undefined) {
    this.#rules = rules;
    this.#expected = expected;
  }

  /** Why the run should end now, as a sentence without full stop; `undefined` while there is hope. */
  look(progress: LoadProgress): string | undefined {
    const isNew = progress.ended !== this.#ended;
    this.#ended = progress.ended;
    if (!isNew) return undefined;
    for (const rule of this.#rules) {
      const needed = 'family' in rule.metric ? looksNeeded.p99 : looksNeeded.count;
      const found = this.#broken(rule, progress);
      const streak = found === undefined ? 0 : (this.#streaks.get(rule) ?? 0) + 1;
      this.#streaks.set(rule, streak);
      if (found !== undefined && streak >= needed) {
        return `${rule.text} cannot hold any more: ${found} after ${formatCount(progress.ended)} requests`;
      }
    }
    return undefined;
  }

  #broken({ metric, limit }: Rule, progress: LoadProgress): string | undefined {
    if (limit.kind !== 'value' || progress.ended < fewestRequests) return undefined;
    if ('family' in metric) {
      const { ended, p99Ms } = progress;
      const isFar = ended >= fewestForP99 && p99Ms !== undefined && p99Ms > limit.value * p99Margin;
      return isFar ? `p99 is ${formatRough('ms', p99Ms)}` : undefined;
    }
    return metric.figure === 'errors'
      ? brokenErrors(limit.value, progress)
      : this.#brokenSkew(limit.value, progress);
  }

  #brokenSkew(limit: number, { backends }: LoadProgress): string | undefined {
    const counts = new Map(backends.map(({ address, count }) => [address, count]));
    const expected = this.#expected ?? backends.map(({ address }) => ({ address, weight: 1 }));
    const total = expected.reduce((sum, { weight }) => sum + weight, 0);
    const parts = expected.map(({ address, weight }) => ({
      value: counts.get(address) ?? 0,
      expectedShare: total > 0 ? weight / total : undefined,
    }));
    // What goes to backends that nobody expected is missing elsewhere.
    const known = new Set(expected.map(({ address }) => address));
    for (const { address, count } of backends) {
      if (!known.has(address)) parts.push({ value: count, expectedShare: undefined });
    }
    const attributed = parts.reduce((sum, { value }) => sum + value, 0);
    const skew = skewOf(parts);
    if (skew === undefined || skew <= limit || attributed < fewestRequests) return undefined;
    const shares = parts.flatMap(({ expectedShare }) => expectedShare ?? []);
    return fairDrawTail(skew, attributed, shares) < risk
      ? `the skew is ${formatRough('ratio', skew)}`
      : undefined;
  }
}

function brokenErrors(limit: number, { ended, errors }: LoadProgress): string | undefined {
  if (errors / ended <= limit) return undefined;
  return binomialUpperTail(errors, ended, limit) < risk
    ? `errors are ${formatRough('ratio', errors / ended)}`
    : undefined;
}
