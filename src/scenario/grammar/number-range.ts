import type { Parsed } from '../../model/parsed.js';
import { shown } from '../../text/shown.js';

/** One `{from..to}` in a text; both ends belong to it. */
export interface NumberRange {
  /** 0-based offset of the opening brace. */
  readonly offset: number;
  readonly length: number;
  readonly from: number;
  readonly to: number;
}

/** Ends of up to 15 digits stay exact, and so do draws among up to 2^53 - 1 combinations. */
const maxDigits = 15;
const maxCombinations = Number.MAX_SAFE_INTEGER;

/**
 * Finds every `{1..500}` in a text. Only digits, two dots, digits make a range; any other brace is itself. Fails on
 * a range that runs backwards, and on ranges too wide to draw from exactly.
 */
export function findRanges(text: string): Parsed<readonly NumberRange[]> {
  const ranges: NumberRange[] = [];
  let combinations = 1;
  for (const match of text.matchAll(/\{(\d+)\.\.(\d+)\}/g)) {
    const [whole, from, to] = [match[0], Number(match[1]), Number(match[2])];
    if (to < from) {
      return {
        ok: false,
        message: `expected a range that ascends, got ${shown(whole)}`,
        hint: `write {${to}..${from}}`,
        offset: match.index,
      };
    }
    combinations *= to - from + 1;
    if (
      Math.max(match[1]?.length ?? 0, match[2]?.length ?? 0) > maxDigits ||
      combinations > maxCombinations
    ) {
      return {
        ok: false,
        message: `expected ranges with at most ${maxCombinations} combinations, got ${shown(whole)}`,
        hint: 'narrow the ranges',
        offset: match.index,
      };
    }
    ranges.push({ offset: match.index, length: whole.length, from, to });
  }
  return { ok: true, value: ranges };
}
