import type { Lengths } from '../../model/llm.js';
import { randomUnit } from '../counter-random.js';

/** Above what any model takes. */
const mostTokens = 1_000_000;

/** The length that a request draws: a pure function of seed and number, at least 1. It takes two draws. */
export function lengthOf(lengths: Lengths, seed: number, index: number, draw: number): number {
  switch (lengths.kind) {
    case 'fixed':
      return lengths.tokens;
    case 'uniform':
      return lengths.min + Math.floor(randomUnit(seed, index, draw) * (lengths.max - lengths.min + 1));
    case 'normal':
      return whole(lengths.mean + normal(seed, index, draw) * lengths.stddev);
    case 'lognormal':
      return whole(lengths.median * Math.exp(normal(seed, index, draw) * lengths.sigma));
  }
}

function whole(tokens: number): number {
  return Math.min(mostTokens, Math.max(1, Math.round(tokens)));
}

/** Standard normal, by Box and Muller; `1 - unit` is above 0. */
function normal(seed: number, index: number, draw: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - randomUnit(seed, index, draw)));
  return radius * Math.cos(2 * Math.PI * randomUnit(seed, index, draw + 1));
}
