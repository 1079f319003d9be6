import type { Operator } from './rule.js';

/** 525 of 1000 over two backends is a skew of 0.05, but 0.525 / 0.5 - 1 is not quite; hence the rounding. */
export function holds(value: number, operator: Operator, limit: number): boolean {
  const left = Number(value.toPrecision(12));
  const right = Number(limit.toPrecision(12));
  switch (operator) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}
