import { families, figureOf, figures, metricNamed } from '../figures/catalogue.js';
import type { Figure } from '../figures/figure.js';
import { statisticExamples } from '../figures/statistics.js';
import { units } from '../figures/units.js';
import { type Fault, LbbenchError } from '../model/fault.js';
import type { Parsed } from '../model/parsed.js';
import type { Operator, Rule, Selectors } from '../model/rule.js';
import { didYouMean } from '../text/closest.js';
import { parseLimit } from './limit.js';
import { closingBrace, parseSelectors } from './selector.js';

const noSelectors: Selectors = { backend: undefined, request: undefined, run: undefined };

/**
 * Parses a threshold such as `skew < 5%` or `p99{request=chat, run=least_conn} <= baseline * 1.1`.
 *
 *     rule       -> metric [ selectors ] operator limit              (space allowed between all parts)
 *     metric     -> figure | [ family "." ] statistic             (figures and families: the catalogue in `figures/`)
 *     statistic  -> "min" | "mean" | "median" | "max" | "p" number   (p50, p99, p99.9; p999 is p99.9)
 *     selectors  -> "{" selector { "," selector } "}"
 *     selector   -> ( "backend" | "request" | "run" ) "=" ( name | JSON string )
 *                 | ( "status" | "code" ) "=" ( three digits | digit "xx" | "ok" )
 *     operator   -> "<" | "<=" | ">" | ">="
 *     limit      -> number unit | "baseline" [ "*" number [ "%" ] ]
 *     unit       -> "us" | "ms" | "s" | "m"     for times, where a unit must be given
 *                 | "%" | ""                    for ratios: 5% is 0.05
 *                 | "/s" | ""                   for rps
 *
 * A family that is not named is the catalogue's first, response time. A failure carries the offset into `text`.
 */
export function parseRule(text: string): Parsed<Rule> {
  const start = text.length - text.trimStart().length;
  const metricText = /^[\w.-]*/.exec(text.slice(start))?.[0] ?? '';
  const metric = metricNamed(metricText);
  if (metric === undefined) return { ...unknownMetric(metricText), offset: start };
  const figure = figureOf(metric);

  let at = skipSpace(text, start + metricText.length);
  let selectors = noSelectors;
  if (text[at] === '{') {
    const close = closingBrace(text, at);
    if (close === undefined) {
      return { ok: false, message: 'expected } to close the selectors, got the end of the rule', offset: at };
    }
    const parsed = parseSelectors(text.slice(at + 1, close));
    if (!parsed.ok) return shifted(parsed, at + 1);
    selectors = parsed.value;
    const misfit = misfittingSelector(metricText, figure, selectors);
    if (misfit !== undefined) return shifted(misfit, at);
    at = skipSpace(text, close + 1);
  }
  const [needed] = figure.per;
  if (!figure.per.includes('run') && needed !== undefined && selectors[needed] === undefined) {
    const isCode = needed === 'code';
    return {
      ok: false,
      message: `expected ${metricText}{${needed}=…}, got ${metricText} of no ${needed}`,
      hint: `write for example ${metricText}${isCode ? '{code=429} < 1%' : '{backend=127.0.0.1:8001} > 55%'}`,
      offset: start,
    };
  }

  const operator = /^[<>]=?/.exec(text.slice(at))?.[0] as Operator | undefined;
  if (operator === undefined) {
    const got = /^\S+/.exec(text.slice(at))?.[0];
    return {
      ok: false,
      message: `expected <, <=, > or >=, got ${got === undefined ? 'the end of the rule' : JSON.stringify(got.slice(0, 60))}`,
      hint: `write for example ${metricText} < ${units[figure.unit].example}`,
      offset: at,
    };
  }
  at = skipSpace(text, at + operator.length);
  const limit = parseLimit(text.slice(at).trimEnd(), figure);
  if (!limit.ok) return shifted(limit, at);
  return {
    ok: true,
    value: { text: text.trim(), metric, selectors, operator, limit: limit.value },
  };
}

/**
 * The rules of several texts.
 *
 * @param path what to call them in messages
 * @throws LbbenchError with the faults of all of them
 */
export function parseRules(texts: readonly string[], path: string): Rule[] {
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

/** What a run is judged by where nobody says anything of errors: fast failures look good in every other figure. */
export const impliedErrors: Rule = { ...parsedRule('errors < 1%'), isImplied: true };

/** Whether a rule says something of errors, whose they may be. */
export function isAboutErrors({ metric }: Rule): boolean {
  return 'figure' in metric && metric.figure === 'errors';
}

function parsedRule(text: string): Rule {
  const parsed = parseRule(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.message}`);
  return parsed.value;
}

function unknownMetric(text: string): Failure {
  const known = [...figures.map(({ name }) => name), ...statisticExamples];
  const prefixes = families.map(({ name }) => `${name}.`).join(', ');
  return {
    ok: false,
    message: `expected a metric, got ${JSON.stringify(text.slice(0, 60))}`,
    hint: `${didYouMean(text, known)}known are ${known.join(', ')}, any other percentile, and the times with ${prefixes} in front`,
  };
}

function misfittingSelector(name: string, { per }: Figure, selectors: Selectors): Failure | undefined {
  for (const key of ['backend', 'request', 'status', 'code'] as const) {
    if (selectors[key] === undefined || per.includes(key)) continue;
    return {
      ok: false,
      message: `expected a selector that ${name} can be narrowed by, got ${key}`,
      hint: `${name} takes ${[...per.filter((scope) => scope !== 'run'), 'run'].join(' and ')}`,
    };
  }
  const given = (['backend', 'request', 'status'] as const).filter((key) => selectors[key] !== undefined);
  if (given.length < 2) return undefined;
  return {
    ok: false,
    message: `expected ${given.join(' or ')}, got ${given.length === 2 ? 'both' : 'all of them'}`,
    hint: 'figures are kept by backend, by request and by status, not by pairs of them',
  };
}

type Failure = Extract<Parsed<never>, { ok: false }>;

function shifted(failure: Failure, by: number): Failure {
  return { ...failure, offset: (failure.offset ?? 0) + by };
}

function skipSpace(text: string, from: number): number {
  return from + (/^\s*/.exec(text.slice(from))?.[0].length ?? 0);
}
