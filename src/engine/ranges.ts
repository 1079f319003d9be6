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
 * Which of its combinations request `index` draws: a number in [0, combinations), exact up to 2^53 of them.
 *
 * @param firstDraw number of the first of the draws it takes, one a range
 */
export function drawCombination(text: RangedText, seed: number, index: number, firstDraw: number): number {
  return text.ranges.reduce(
    (combination, { from, to }, i) =>
      combination * (to - from + 1) + drawBelow(to - from + 1, seed, index, firstDraw + i),
    0,
  );
}

/** The text that request `index` draws; texts of the same combination are the same. */
export function drawText(text: RangedText, seed: number, index: number, firstDraw: number): string {
  let drawn = text.literals[0] as string;
  text.ranges.forEach(({ from, to }, i) => {
    drawn += from + drawBelow(to - from + 1, seed, index, firstDraw + i);
    drawn += text.literals[i + 1];
  });
  return drawn;
}

function drawBelow(size: number, seed: number, index: number, draw: number): number {
  return Math.floor(randomUnit(seed, index, draw) * size);
}
