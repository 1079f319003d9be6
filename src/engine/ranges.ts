import { randomUnit } from './counter-random.js';

/** A text with `{1..500}` ranges, taken apart: literals around ranges, one literal more than ranges. */
export interface RangedText {
  readonly literals: readonly string[];
  readonly ranges: readonly { readonly from: number; readonly to: number }[];
}

const range = /\{(\d{1,15})\.\.(\d{1,15})\}/g;

export function parseRanges(text: string): RangedText {
  const literals: string[] = [];
  const ranges: { from: number; to: number }[] = [];
  let end = 0;
  for (const match of text.matchAll(range)) {
    const from = Number(match[1]);
    const to = Number(match[2]);
    if (to < from) continue;
    literals.push(text.slice(end, match.index));
    ranges.push({ from, to });
    end = match.index + match[0].length;
  }
  literals.push(text.slice(end));
  return { literals, ranges };
}

/** Number of texts it can become; 1 without ranges. */
export function combinations(text: RangedText): number {
  return text.ranges.reduce((product, { from, to }) => product * (to - from + 1), 1);
}

/**
 * Which of its combinations request `index` draws: a number in [0, combinations).
 *
 * @param firstDraw number of the first of the draws it takes, one a range
 */
export function drawCombination(text: RangedText, seed: number, index: number, firstDraw: number): number {
  let combination = 0;
  for (let i = 0; i < text.ranges.length; i++) {
    const { from, to } = text.ranges[i] as { from: number; to: number };
    const size = to - from + 1;
    combination = combination * size + Math.floor(randomUnit(seed, index, firstDraw + i) * size);
  }
  return combination;
}

/** The text of one combination. */
export function expand(text: RangedText, combination: number): string {
  const values: number[] = [];
  let rest = combination;
  for (const { from, to } of [...text.ranges].reverse()) {
    const size = to - from + 1;
    values.unshift(from + (rest % size));
    rest = Math.floor(rest / size);
  }
  return text.literals.map((literal, i) => literal + (values[i] ?? '')).join('');
}
