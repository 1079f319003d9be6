import type { Figure } from '../figures/figure.js';
import { units } from '../figures/units.js';
import type { Parsed } from '../model/parsed.js';
import type { Limit } from '../model/rule.js';

/** `5%`, `250ms`, `200/s`, `baseline * 1.1`: parsed in the unit of the figure it limits. */
export function parseLimit(text: string, figure: Figure): Parsed<Limit> {
  const baseline = /^baseline(?:\s*\*\s*(.+))?$/.exec(text);
  if (baseline !== null) return baselineLimit(baseline[1]);

  const parts = /^(\d+(?:\.\d+)?|\.\d+)\s*(\S*)$/.exec(text);
  if (parts === null) return expected(figure, text);
  const number = Number(parts[1]);
  const suffix = parts[2] ?? '';
  const { suffixes } = units[figure.unit];
  const toUnit = Object.hasOwn(suffixes, suffix) ? suffixes[suffix] : undefined;
  if (toUnit !== undefined) {
    const value = toUnit(number);
    return tooLarge(figure, text, suffix, value) ?? { ok: true, value: { kind: 'value', value } };
  }
  if (suffix !== '') return expected(figure, text);
  return {
    ok: false,
    message: `expected ${units[figure.unit].noun} with its unit, got ${JSON.stringify(text)}`,
    hint: `write ${text}ms or ${text}s`,
  };
}

/** A bare number above 1 is nearly always a percentage whose sign was forgotten, so it is refused. */
function tooLarge(
  { unit, isBounded }: Figure,
  text: string,
  suffix: string,
  value: number,
): Extract<Parsed<never>, { ok: false }> | undefined {
  if (value <= 1) return undefined;
  if (unit === 'index') {
    return {
      ok: false,
      message: `expected an index from 0 to 1, got ${JSON.stringify(text)}`,
      hint: 'of an even spread it is 1: write for example jain > 0.95',
    };
  }
  if (unit !== 'ratio') return undefined;
  if (suffix === '') {
    return {
      ok: false,
      message: `expected a percentage or a ratio from 0 to 1, got ${JSON.stringify(text)}`,
      hint: isBounded ? `write ${text}%` : `write ${text}%, or ${value * 100}% if that is meant`,
    };
  }
  return isBounded ? { ok: false, message: `expected at most 100%, got ${JSON.stringify(text)}` } : undefined;
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

function expected({ unit }: Figure, text: string): Parsed<Limit> {
  const { noun, examples } = units[unit];
  return {
    ok: false,
    message: `expected ${noun} such as ${examples}, got ${text === '' ? 'nothing' : JSON.stringify(text.slice(0, 60))}`,
    hint: 'or baseline, or baseline * 1.1',
  };
}
