import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binomialInterval } from '../../src/stats/binomial-interval.js';
import { binomialProbability } from '../../src/stats/binomial-probability.js';
import { quantileRanks } from '../../src/stats/quantile-ranks.js';

describe('binomialInterval', () => {
  it('is what R says of Mendel’s peas', () => {
    // R: binom.test(682, 682 + 243, p = 3/4): 95 percent confidence interval 0.7076683 0.7654066
    const { low, high } = binomialInterval(682, 925, 0.95);
    expect(low).toBeCloseTo(0.7076683, 7);
    expect(high).toBeCloseTo(0.7654066, 7);
  });

  it('is closed where all or none succeed', () => {
    // None of n: (1 - high)^n = 0.005.
    expect(binomialInterval(0, 1000, 0.99)).toEqual({
      low: 0,
      high: expect.closeTo(1 - 0.005 ** (1 / 1000), 12),
    });
    expect(binomialInterval(1000, 1000, 0.99)).toEqual({
      low: expect.closeTo(0.005 ** (1 / 1000), 12),
      high: 1,
    });
  });
});

describe('quantileRanks', () => {
  it.each([
    // Conover, table A3 of binomial probabilities; David and Nagaraja, Order Statistics, 7.1.
    [10, 0.5, 0.95, 2, 9], // coverage 1 - 2 * 11 / 1024 = 0.9785
    [6, 0.5, 0.95, 1, 6], // 1 - 2 / 64 = 0.96875
    [5, 0.5, 0.95, undefined, undefined], // 1 - 2 / 32 = 0.9375 is not enough
    // The largest of n is above p99 with 1 - 0.99^n: more than 0.995 from n = 528 on.
    [527, 0.99, 0.99, 515, undefined],
    [528, 0.99, 0.99, 516, 528],
  ])('of %d samples, quantile %d, confidence %d', (count, quantile, confidence, low, high) => {
    expect(quantileRanks(count, quantile, confidence)).toEqual({ low, high });
  });

  it('covers the quantile as often as promised, and no narrower ranks would', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.constantFrom(0.5, 0.9, 0.99), (count, quantile) => {
        const { low, high } = quantileRanks(count, quantile, 0.99);
        // Brute force: the probability that the number below the quantile is from `low` to `high` - 1.
        const below = (from: number, to: number) => {
          let sum = 0;
          for (let k = from; k < to; k++) sum += binomialProbability(k, count, quantile);
          return sum;
        };
        expect(below(low ?? 0, high ?? count + 1)).toBeGreaterThanOrEqual(0.99 - 1e-9);
        if (low !== undefined && low < count) expect(below(0, low + 1)).toBeGreaterThan(0.005 - 1e-9);
        if (high !== undefined) expect(below(high - 1, count + 1)).toBeGreaterThan(0.005 - 1e-9);
      }),
    );
  });
});
