import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { welchTest } from '../../src/stats/welch-test.js';

// R's data set `sleep` (Cushny and Peebles 1905; Student 1908).
const group1 = Object.freeze([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2]);
const group2 = Object.freeze([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]);

describe('welchTest', () => {
  it('is what R says of its data set sleep', () => {
    // R: t.test(extra ~ group, data = sleep): t = -1.8608, df = 17.776, p-value = 0.07939
    const { statistic, degreesOfFreedom, pValue } = welchTest(group1, group2);
    expect(statistic).toBeCloseTo(-1.8608, 4);
    expect(degreesOfFreedom).toBeCloseTo(17.776, 3);
    expect(pValue).toBeCloseTo(0.07939, 5);
  });

  it('agrees with Student’s table at its smallest', () => {
    // Means 2 and 5.5, both variances 1: v = 4, t = -3.5 / sqrt(2/3) = -4.28661. For v = 4 the distribution function is
    // closed: p = 1 - sin(a) (1 + cos(a)^2 / 2) with a = atan(t / 2) (Abramowitz and Stegun 26.7.4).
    const { statistic, degreesOfFreedom, pValue } = welchTest([1, 2, 3], [4.5, 5.5, 6.5]);
    expect(degreesOfFreedom).toBeCloseTo(4, 12);
    const angle = Math.atan(-statistic / 2);
    expect(pValue).toBeCloseTo(1 - Math.sin(angle) * (1 + Math.cos(angle) ** 2 / 2), 12);
  });

  it('knows groups that do not vary', () => {
    expect(welchTest([1, 1, 1], [1, 1, 1]).pValue).toBe(1);
    expect(welchTest([1, 1, 1], [2, 2, 2])).toMatchObject({ statistic: Number.NEGATIVE_INFINITY, pValue: 0 });
  });

  it('asks for three values in each group', () => {
    expect(() => welchTest([1, 2], [1, 2, 3])).toThrow(
      'expected at least three values in each group, got 2 and 3',
    );
  });

  it('is the same from both sides, in any order and any unit', () => {
    const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 3, maxLength: 12 });
    fc.assert(
      fc.property(values, values, (a, b) => {
        const { statistic, pValue } = welchTest(a, b);
        expect(pValue).toBeGreaterThanOrEqual(0);
        expect(pValue).toBeLessThanOrEqual(1);
        const swapped = welchTest(b.toReversed(), a);
        expect(swapped.pValue).toBeCloseTo(pValue, 9);
        expect(swapped.statistic + statistic || 0).toBeCloseTo(0, 9);
        const scaled = welchTest(
          a.map((value) => value * 8),
          b.map((value) => value * 8),
        );
        expect(scaled.pValue).toBeCloseTo(pValue, 9);
      }),
    );
  });
});
