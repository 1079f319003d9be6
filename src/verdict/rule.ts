import type { Parsed } from '../model/parsed.js';
import { type Limit, parseLimit } from './limit.js';
import { type Metric, parseMetric, selectorsOf } from './metric.js';
import { closingBrace, parseSelectors, type Selectors } from './selector.js';

/** One threshold: what must hold of every run it is judged on. */
export interface Rule {
  /** As written, without surrounding space. */
  readonly text: string;
  readonly metric: Metric;
  readonly selectors: Selectors;
  readonly operator: Operator;
  readonly limit: Limit;
}

export type Operator = '<' | '<=' | '>' | '>=';

const noSelectors: Selectors = { backend: undefined, request: undefined, run: undefined };

/**
 * Parses a threshold such as `skew < 5%` or `p99{request=chat, run=least_conn} <= baseline * 1.1`.
 *
 *     rule       -> metric [ selectors ] operator limit              (space allowed between all parts)
 *     metric     -> [ family "." ] statistic | count
 *     family     -> "response" | "service" | "connect" | "ttfb"      (none: "response")
 *     statistic  -> "min" | "mean" | "median" | "max" | "p" number   (p50, p99, p99.9; p999 is p99.9)
 *     count      -> "rps" | "errors" | "skew" | "inflight-skew" | "share" | "retries" | "unattributed"
 *                 | "jain" | "cv" | "moved-keys" | "mispredicted"
 *     selectors  -> "{" selector { "," selector } "}"
 *     selector   -> ( "backend" | "request" | "run" ) "=" ( name | JSON string )
 *     operator   -> "<" | "<=" | ">" | ">="
 *     limit      -> number unit | "baseline" [ "*" number [ "%" ] ]
 *     unit       -> "us" | "ms" | "s" | "m"     for times, where a unit must be given
 *                 | "%" | ""                    for ratios: 5% is 0.05
 *                 | "/s" | ""                   for rps
 *
 * What the counts mean is written at `metricValue`. A failure carries the offset into `text`.
 */
export function parseRule(text: string): Parsed<Rule> {
  const start = text.length - text.trimStart().length;
  const metricText = /^[\w.-]*/.exec(text.slice(start))?.[0] ?? '';
  const metric = parseMetric(metricText);
  if (!metric.ok) return shifted(metric, start);

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
    const misfit = misfittingSelector(metricText, metric.value, selectors);
    if (misfit !== undefined) return shifted(misfit, at);
    at = skipSpace(text, close + 1);
  }
  if (metricText === 'share' && selectors.backend === undefined) {
    return {
      ok: false,
      message: 'expected share{backend=…}, got share of no backend',
      hint: 'write for example share{backend=127.0.0.1:8001} > 55%',
      offset: start,
    };
  }

  const operator = /^[<>]=?/.exec(text.slice(at))?.[0] as Operator | undefined;
  if (operator === undefined) {
    const got = /^\S+/.exec(text.slice(at))?.[0];
    return {
      ok: false,
      message: `expected <, <=, > or >=, got ${got === undefined ? 'the end of the rule' : JSON.stringify(got.slice(0, 60))}`,
      hint: `write for example ${metricText} < ${exampleLimit(metric.value)}`,
      offset: at,
    };
  }
  at = skipSpace(text, at + operator.length);
  const limit = parseLimit(text.slice(at).trimEnd(), metric.value);
  if (!limit.ok) return shifted(limit, at);
  return {
    ok: true,
    value: { text: text.trim(), metric: metric.value, selectors, operator, limit: limit.value },
  };
}

function misfittingSelector(name: string, metric: Metric, selectors: Selectors): Failure | undefined {
  const fitting = selectorsOf(metric);
  for (const key of ['backend', 'request'] as const) {
    if (selectors[key] === undefined || fitting.includes(key)) continue;
    return {
      ok: false,
      message: `expected a selector that ${name} can be narrowed by, got ${key}`,
      hint: `${name} takes ${[...fitting, 'run'].join(' and ')}`,
    };
  }
  if (selectors.backend !== undefined && selectors.request !== undefined) {
    return {
      ok: false,
      message: 'expected backend or request, got both',
      hint: 'figures are kept by backend and by request, not by pairs of them',
    };
  }
  return undefined;
}

function exampleLimit(metric: Metric): string {
  if (metric.kind === 'time') return '250ms';
  return metric.name === 'rps' ? '200' : '5%';
}

type Failure = Extract<Parsed<never>, { ok: false }>;

function shifted(failure: Failure, by: number): Failure {
  return { ...failure, offset: (failure.offset ?? 0) + by };
}

function skipSpace(text: string, from: number): number {
  return from + (/^\s*/.exec(text.slice(from))?.[0].length ?? 0);
}
