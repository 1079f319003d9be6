import { type Fault, LbbenchError } from '../model/fault.js';
import type { Parsed } from '../model/parsed.js';
import type { ExpectedBackend } from '../model/plan.js';
import type { Rule } from '../model/rule.js';
import { didYouMean } from '../text/closest.js';

/** What a plan knows before the run. */
export interface KnownNames {
  /** `undefined` when the backends are not known beforehand; a backend selector is then not checked. */
  readonly backends?: readonly string[] | undefined;
  readonly requests: readonly string[];
  readonly runs: readonly string[];
  /** `undefined` skips the check that needs it. */
  readonly model?: 'closed' | 'open' | undefined;
}

/** Refuses a rule that names a backend, request or run that the plan does not have. */
export function checkRule(rule: Rule, known: KnownNames): Parsed<Rule> {
  const { backend, request, run } = rule.selectors;
  const narrowed = backend !== undefined || request !== undefined;
  if (known.model === 'open' && narrowed && 'family' in rule.metric && rule.metric.family === 'response') {
    return {
      ok: false,
      message: 'expected a time that is kept by request and backend, got response time in the open model',
      hint: `write service.${rule.text.replace(/^response\./, '')}`,
    };
  }
  return (
    unknownName('backend', backend, known.backends) ??
    unknownName('request', request, known.requests) ??
    unknownName('run', run, known.runs) ?? { ok: true, value: rule }
  );
}

function unknownName(
  key: string,
  name: string | undefined,
  known: readonly string[] | undefined,
): Extract<Parsed<Rule>, { ok: false }> | undefined {
  if (name === undefined || known === undefined || known.includes(name)) return undefined;
  const shown = known.slice(0, 10).map((candidate) => JSON.stringify(candidate));
  if (known.length > shown.length) shown.push(`${known.length - shown.length} more`);
  return {
    ok: false,
    message: `expected a known ${key}, got ${JSON.stringify(name.slice(0, 100))}`,
    hint: `${didYouMean(name, known)}known are ${shown.length === 0 ? 'none' : shown.join(', ')}`,
  };
}

/**
 * Refuses rules that what has one run and no named requests, such as a log, cannot be held to.
 *
 * @param expected `undefined` when the backends are not known beforehand
 * @param whole what has the one run: `log`
 * @param whatElse how requests are selected instead, if they can be
 * @throws LbbenchError with the faults of all of them
 */
export function checkRulesOfOneRun(
  rules: readonly Rule[],
  expected: readonly ExpectedBackend[] | undefined,
  whole: string,
  whatElse?: string,
): void {
  const faults = rules.flatMap((rule): Fault[] => {
    if (rule.selectors.run !== undefined || rule.selectors.request !== undefined) {
      return [
        {
          path: '--threshold',
          message: `expected a rule about the whole ${whole} or a backend, got ${JSON.stringify(rule.text)}`,
          hint: whatElse,
        },
      ];
    }
    const checked = checkRule(rule, {
      backends: expected?.map(({ address }) => address),
      requests: [],
      runs: [],
    });
    return checked.ok ? [] : [{ path: '--threshold', message: checked.message, hint: checked.hint }];
  });
  if (faults.length > 0) throw new LbbenchError('usage', faults);
}
