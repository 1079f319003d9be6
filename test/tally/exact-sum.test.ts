import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExactSum } from '../../src/tally/exact-sum.js';

/** Squares of times up to an hour in microseconds, and small numbers. */
const value = fc.oneof(
  fc.nat(),
  fc.nat(3_600_000_000).map((us) => us * us),
);
const values = fc.array(value, { maxLength: 300 });

function sumOf(numbers: readonly number[]): ExactSum {
  const sum = new ExactSum();
  for (const number of numbers) sum.add(number);
  return sum;
}

describe('ExactSum', () => {
  it('gives the sum that whole numbers of any length give, in any order and division', () => {
    fc.assert(
      fc.property(values, fc.nat(300), (numbers, at) => {
        const exact = numbers.reduce((sum, number) => sum + BigInt(number), 0n);
        const joined = sumOf(numbers.slice(at).toReversed());
        joined.addParts(sumOf(numbers.slice(0, at)).parts);
        for (const sum of [sumOf(numbers), joined]) {
          expect(sum.value).toBe(Number(exact));
          expect(sum.parts).toEqual([Number(exact >> 32n), Number(exact & 0xffff_ffffn)]);
        }
      }),
    );
  });

  it('does not lose what a plain sum loses', () => {
    const sum = new ExactSum();
    sum.add(2 ** 60);
    for (let i = 0; i < 1000; i++) sum.add(1);
    expect(sum.parts).toEqual([2 ** 28, 1000]);
    sum.clear();
    expect(sum.value).toBe(0);
  });
});
