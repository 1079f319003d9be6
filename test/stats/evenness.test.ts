import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chiSquareTest } from '../../src/stats/chi-square-test.js';
import { coefficientOfVariation } from '../../src/stats/coefficient-of-variation.js';
import { jainIndex } from '../../src/stats/jain-index.js';

const counts = fc
  .array(fc.nat({ max: 1e6 }), { minLength: 1, maxLength: 20 })
  .filter((list) => list.some(Boolean));

describe('coefficientOfVariation', () => {
  it('is the population standard deviation over the mean', () => {
    // Mean 5, population variance 4 (the usual example for the standard deviation: 2,4,4,4,5,5,7,9): 2 / 5.
    expect(coefficientOfVariation(Object.freeze([2, 4, 4, 4, 5, 5, 7, 9]))).toBe(0.4);
    expect(coefficientOfVariation([506, 494])).toBeCloseTo(6 / 500, 12);
    expect(coefficientOfVariation([7, 7, 7])).toBe(0);
  });

  it('is √(n - 1) when one of n has everything', () => {
    expect(coefficientOfVariation([10, 0, 0, 0, 0])).toBeCloseTo(2, 12);
  });

  it('is absent without values or without a mean', () => {
    expect(coefficientOfVariation([])).toBeUndefined();
    expect(coefficientOfVariation([0, 0])).toBeUndefined();
  });
});

describe('jainIndex', () => {
  it('is k/n when k of n share everything equally', () => {
    expect(jainIndex(Object.freeze([1, 1, 1, 1]))).toBe(1);
    expect(jainIndex([1, 0, 0, 0])).toBe(0.25);
    expect(jainIndex([5, 5, 0, 0])).toBe(0.5);
  });

  it('of 50, 30 and 50 is 16900 / 17700', () => {
    // (50 + 30 + 50)² / (3 (2500 + 900 + 2500)), the form of Jain's own example.
    expect(jainIndex([50, 30, 50])).toBeCloseTo(16900 / 17700, 12);
  });

  it('is absent without values or when all are 0', () => {
    expect(jainIndex([])).toBeUndefined();
    expect(jainIndex([0, 0])).toBeUndefined();
  });

  it('neither overflows nor vanishes', () => {
    expect(jainIndex([1e200, 1e200])).toBe(1);
    expect(jainIndex([1e-200, 0])).toBe(0.5);
  });

  it('lies between 1/n and 1 and is 1 / (1 + cv²)', () => {
    fc.assert(
      fc.property(counts, (list) => {
        const index = jainIndex(list) ?? Number.NaN;
        const cv = coefficientOfVariation(list) ?? Number.NaN;
        expect(index).toBeGreaterThanOrEqual(1 / list.length - 1e-12);
        expect(index).toBeLessThanOrEqual(1 + 1e-12);
        expect(index).toBeCloseTo(1 / (1 + cv * cv), 9);
      }),
    );
  });
});

describe('chiSquareTest', () => {
  const equal = (...list: number[]) => list.map((count) => ({ count, share: 1 / list.length }));

  // SciPy 1.17: scipy.stats.chisquare(observed, expected).
  it.each([
    ['506 to 494', equal(506, 494), 0.144, 1, 0.7043364134884518],
    ['600 to 400', equal(600, 400), 40, 1, 2.5396285894708634e-10],
    ['680 to 320', equal(680, 320), 129.6, 1, 5.0126387135942604e-30],
    ['990 to 10', equal(990, 10), 960.4, 1, 7.27868199154272e-211],
    ['four cells far apart', equal(400, 350, 150, 100), 260, 3, 4.495778643837988e-56],
    ['four cells', equal(44, 56, 50, 30), 8.266666666666666, 3, 0.04081031011468575],
    [
      'weights 3 and 2',
      [
        { count: 620, share: 0.6 },
        { count: 380, share: 0.4 },
      ],
      1.6666666666666665,
      1,
      0.1967056024589432,
    ],
    // Mendel's peas, 9:3:3:1, the textbook example.
    [
      "Mendel's peas",
      [
        { count: 315, share: 9 / 16 },
        { count: 101, share: 3 / 16 },
        { count: 108, share: 3 / 16 },
        { count: 32, share: 1 / 16 },
      ],
      0.4700239808153477,
      3,
      0.925425895103616,
    ],
  ])('agrees with SciPy on %s', (_name, cells, statistic, degreesOfFreedom, pValue) => {
    const result = chiSquareTest(cells);
    expect(result?.statistic).toBeCloseTo(statistic, 10);
    expect(result?.degreesOfFreedom).toBe(degreesOfFreedom);
    // By ratio: next to 5e-30 an absolute difference would take 0 for right.
    expect((result?.pValue ?? Number.NaN) / pValue).toBeCloseTo(1, 10);
  });

  it('is absent where the approximation does not hold: one cell, none, or fewer than 5 expected', () => {
    expect(chiSquareTest([])).toBeUndefined();
    expect(chiSquareTest(equal(100))).toBeUndefined();
    expect(chiSquareTest(equal(6, 3))).toBeUndefined(); // 4.5 expected
    expect(chiSquareTest(equal(6, 4))).toBeDefined();
    expect(
      chiSquareTest([
        { count: 100, share: 1 },
        { count: 1, share: 0 },
      ]),
    ).toBeUndefined();
  });

  it('never has a probability below 0, however large the statistic', () => {
    expect(chiSquareTest(equal(1_000_000, 0))?.pValue).toBe(0);
  });

  it('grows as the split moves away from even', () => {
    const statistics = [500, 510, 550, 600, 1000].map(
      (count) => chiSquareTest(equal(count, 1000 - count))?.statistic,
    );
    expect(statistics).toEqual([...statistics].sort((a, b) => (a ?? 0) - (b ?? 0)));
  });
});
