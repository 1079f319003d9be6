import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binomialProbability } from '../../src/stats/binomial-probability.js';
import { binomialLowerTail, binomialUpperTail } from '../../src/stats/binomial-tail.js';
import { stirlingError } from '../../src/stats/saddle-point.js';

function expectNear(actual: number, expected: number, relative = 1e-12): void {
  expect(Math.abs(actual / expected - 1)).toBeLessThan(relative);
}

describe('stirlingError', () => {
  // ln Γ(z+1) - ln √(2πz) (z/e)^z with 30 digits, mpmath 1.3.
  it.each([
    [0.01, 1.43400795370318],
    [0.5, 0.153426409720027],
    [1, 0.0810614667953273],
    [2.5, 0.0331628735199363],
    [10, 0.00833056343336287],
    [14.999, 0.00555510378274201],
    [15, 0.0055547335519628],
    [100, 0.000833330555634915],
    [1e6, 8.33333333333306e-8],
  ])('of %d is %d', (z, expected) => {
    expectNear(stirlingError(z), expected, 2e-12);
  });

  it('refuses what has none', () => {
    expect(() => stirlingError(0)).toThrow('expected a number above 0, got 0');
    expect(() => stirlingError(Number.NaN)).toThrow('expected a number above 0, got NaN');
  });
});

describe('binomialProbability', () => {
  // mpmath 1.3 with 30 digits; SciPy 1.17 binom.pmf agrees to 14 digits.
  it.each([
    [5, 10, 0.5, 0.24609375], // 252 / 1024
    [0, 10, 0.3, 0.0282475249], // 0.7^10
    [10, 10, 0.3, 5.9049e-6], // 0.3^10
    [506, 1000, 0.5, 0.0234743072834354],
    [620, 1000, 0.6, 0.0112373197929724],
    [5_000_000, 10_000_000, 0.5, 0.000252313245894185],
    [3, 1_000_000, 1e-6, 0.0613132095385462],
  ])('of %d in %d at %d is %d', (successes, trials, probability, expected) => {
    expectNear(binomialProbability(successes, trials, probability), expected);
  });

  it('is 0 outside the range and certain at the ends', () => {
    expect(binomialProbability(-1, 10, 0.5)).toBe(0);
    expect(binomialProbability(11, 10, 0.5)).toBe(0);
    expect(binomialProbability(0, 10, 0)).toBe(1);
    expect(binomialProbability(1, 10, 0)).toBe(0);
    expect(binomialProbability(10, 10, 1)).toBe(1);
    expect(binomialProbability(9, 10, 1)).toBe(0);
  });
});

describe('binomialUpperTail', () => {
  // SciPy 1.17: binom.sf(k - 1, n, p).
  it.each([
    [6, 10, 0.5, 0.376953125], // 386 / 1024
    [14, 20, 0.5, 0.0576591491699219],
    [1, 20, 0.05, 0.6415140775914578], // 1 - 0.95^20
    [480, 1000, 0.5, 0.9026168357691174],
    [525, 1000, 0.5, 0.06060713290551859],
    [541, 1000, 0.5, 0.005194065783077882],
    [1200, 100_000, 0.01, 3.812533101214468e-10],
    [5_005_000, 10_000_000, 0.5, 0.0007835509528474491],
  ])('of %d in %d at %d is %d', (successes, trials, probability, expected) => {
    expectNear(binomialUpperTail(successes, trials, probability), expected, 1e-11);
  });

  it('joins the whole counts by a falling curve', () => {
    // SciPy 1.17: betainc(525.5, 475.5, 0.5), between the tails of 525 (0.0606) and 526 (0.0533).
    expectNear(binomialUpperTail(525.5, 1000, 0.5), 0.05690055876944846, 1e-11);
  });

  it('is 1 for no successes and 0 for more than there are trials', () => {
    expect(binomialUpperTail(0, 10, 0.5)).toBe(1);
    expect(binomialUpperTail(-3, 10, 0.5)).toBe(1);
    expect(binomialUpperTail(11, 10, 0.5)).toBe(0);
    expect(binomialUpperTail(1, 10, 0)).toBe(0);
    expect(binomialUpperTail(1, 10, 1)).toBe(1);
    expect(binomialUpperTail(5_250_000, 10_000_000, 0.5)).toBe(0);
  });

  it('is the sum of the probabilities that it stands for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 0, max: 300 }),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        (trials, at, probability) => {
          const successes = Math.min(at, trials);
          let sum = 0;
          for (let k = successes; k <= trials; k++) sum += binomialProbability(k, trials, probability);
          expect(binomialUpperTail(successes, trials, probability)).toBeCloseTo(sum, 11);
        },
      ),
    );
  });
});

describe('binomialLowerTail', () => {
  // SciPy 1.17: binom.cdf(k, n, p).
  it.each([
    [475, 1000, 0.5, 0.06060713290551859],
    [0, 20, 0.5, 9.5367431640625e-7], // 2^-20
    [6, 20, 0.5, 0.0576591491699219],
    [900, 100_000, 0.01, 0.0006608413334501454],
  ])('of %d in %d at %d is %d', (successes, trials, probability, expected) => {
    expectNear(binomialLowerTail(successes, trials, probability), expected, 1e-11);
  });

  it('is 0 below nothing and 1 at all', () => {
    expect(binomialLowerTail(-1, 20, 0.5)).toBe(0);
    expect(binomialLowerTail(20, 20, 0.5)).toBe(1);
  });
});
