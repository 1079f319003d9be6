import type { Parsed } from '../model/parsed.js';
import { isBoundedRatio, type Metric, unitOf } from './metric.js';

/** What a metric is compared with. */
export type Limit =
  /** In the metric's own unit: milliseconds, ratio, requests per second. */
  | { readonly kind: 'value'; readonly value: number }
  /** The same metric in the baseline report, times the factor. */
  | { readonly kind: 'baseline'; readonly factor: number };

const millisecondsPer: Readonly<Record<string, number>> = {
  us: 0.001,
  // The micro sign of most keyboards, and the Greek letter that Unicode would rather see.
  '\u00b5s': 0.001,
  '\u03bcs': 0.001,
  ms: 1,
  s: 1_000,
  m: 60_000,
};

/** `5%`, `250ms`, `200/s`, `baseline * 1.1`: parsed in the unit of the metric it limits. */
export function parseLimit(text: string, metric: Metric): Parsed<Limit> {
  const baseline = /^baseline(?:\s*\*\s*(.+))?$/.exec(text);
  if (baseline !== null) return baselineLimit(baseline[1]);

  const parts = /^(\d+(?:\.\d+)?|\.\d+)\s*(\S*)$/.exec(text);
  if (parts === null) return expected(metric, text);
  const number = Number(parts[1]);
  const unit = parts[2] ?? '';

  switch (unitOf(metric)) {
    case 'time': {
      const factor = Object.hasOwn(millisecondsPer, unit) ? millisecondsPer[unit] : undefined;
      if (factor !== undefined) return { ok: true, value: { kind: 'value', value: number * factor } };
      if (unit !== '') return expected(metric, text);
      return {
        ok: false,
        message: `expected a time with its unit, got ${JSON.stringify(text)}`,
        hint: `write ${text}ms or ${text}s`,
      };
    }
    case 'rate':
      if (unit !== '' && unit !== '/s') return expected(metric, text);
      return { ok: true, value: { kind: 'value', value: number } };
    case 'ratio':
      if (unit !== '' && unit !== '%') return expected(metric, text);
      return ratioLimit(unit === '%' ? number / 100 : number, text, unit, metric);
  }
}

/** A bare number above 1 is nearly always a percentage whose sign was forgotten, so it is refused. */
function ratioLimit(value: number, text: string, unit: string, metric: Metric): Parsed<Limit> {
  if (value > 1 && metric.kind === 'count' && metric.name === 'jain') {
    return {
      ok: false,
      message: `expected an index from 0 to 1, got ${JSON.stringify(text)}`,
      hint: 'of an even spread it is 1: write for example jain > 0.95',
    };
  }
  if (value > 1 && unit === '') {
    return {
      ok: false,
      message: `expected a percentage or a ratio from 0 to 1, got ${JSON.stringify(text)}`,
      hint: isBoundedRatio(metric) ? `write ${text}%` : `write ${text}%, or ${value * 100}% if that is meant`,
    };
  }
  if (value > 1 && isBoundedRatio(metric)) {
    return { ok: false, message: `expected at most 100%, got ${JSON.stringify(text)}` };
  }
  return { ok: true, value: { kind: 'value', value } };
}

function baselineLimit(factorText: string | undefined): Parsed<Limit> {
  if (factorText === undefined) return { ok: true, value: { kind: 'baseline', factor: 1 } };
  const parts = /^(\d+(?:\.\d+)?|\.\d+)\s*(%?)$/.exec(factorText);
  const factor = Number(parts?.[1] ?? Number.NaN) / (parts?.[2] === '%' ? 100 : 1);
  if (!(factor > 0)) {
    return {
      ok: false,
      message: `expected a factor above 0 after "baseline *", got ${JSON.stringify(factorText.slice(0, 60))}`,
      hint: 'write for example baseline * 1.1',
    };
  }
  return { ok: true, value: { kind: 'baseline', factor } };
}

const examples = { time: '250ms or 1.5s', ratio: '5% or 0.05', rate: '200 or 200/s' } as const;

function expected(metric: Metric, text: string): Parsed<Limit> {
  const unit = unitOf(metric);
  const noun = { time: 'a time', ratio: 'a percentage', rate: 'requests per second' }[unit];
  return {
    ok: false,
    message: `expected ${noun} such as ${examples[unit]}, got ${text === '' ? 'nothing' : JSON.stringify(text.slice(0, 60))}`,
    hint: 'or baseline, or baseline * 1.1',
  };
}
