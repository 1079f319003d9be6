import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { skewOf } from '../../src/distribution/skew.js';
import { fairDrawTail, minimumRequests, skewNoise } from '../../src/stats/fair-draw.js';

const equal = (backends: number) => Array.from({ length: backends }, () => 1 / backends);

/** All multinomial outcomes with their probabilities, by the definition: n! / Π count! × Π share^count. */
function outcomes(requests: number, shares: readonly number[]): { skew: number; probability: number }[] {
  const logFactorial = [0];
  for (let n = 1; n <= requests; n++) logFactorial.push((logFactorial[n - 1] ?? 0) + Math.log(n));
  const all: { skew: number; probability: number }[] = [];
  const place = (left: number, counts: number[], logarithm: number) => {
    const share = shares[counts.length] ?? 0;
    const add = (count: number) => {
      const term = logarithm + count * Math.log(share) - (logFactorial[count] ?? 0);
      return { counts: [...counts, count], term };
    };
    if (counts.length === shares.length - 1) {
      const last = add(left);
      const skew = skewOf(last.counts.map((value, index) => ({ value, expectedShare: shares[index] })));
      all.push({ skew: skew ?? 0, probability: Math.exp(last.term + (logFactorial[requests] ?? 0)) });
      return;
    }
    for (let count = 0; count <= left; count++) {
      const next = add(count);
      place(left - count, next.counts, next.term);
    }
  };
  place(requests, [], 0);
  return all;
}

function bruteTail(skew: number, requests: number, shares: readonly number[]): number {
  return outcomes(requests, shares).reduce(
    (sum, outcome) => (outcome.skew >= skew - 1e-12 ? sum + outcome.probability : sum),
    0,
  );
}

describe('fairDrawTail', () => {
  it('of two equal backends is the two-sided binomial test', () => {
    // SciPy 1.17: binomtest(541, 1000).pvalue; 541 to 459 is a skew of 8.2 %.
    expect(fairDrawTail(0.082, 1000, [0.5, 0.5])).toBeCloseTo(0.010388131566155765, 12);
    // 506 to 494: 1.2 %.
    expect(fairDrawTail(0.012, 1000, [0.5, 0.5])).toBeCloseTo(0.7279715978433609, 12);
  });

  it('of weights 3 and 2 is decided by the backend of weight 2', () => {
    // 10 % of its 400: SciPy 1.17, binom.sf(439, 1000, 0.4) + binom.cdf(360, 1000, 0.4).
    expect(fairDrawTail(0.1, 1000, [0.6, 0.4])).toBeCloseTo(0.010744920741011178, 12);
  });

  it('is exact for two backends', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 9 }),
        fc.double({ min: 0.01, max: 3, noNaN: true }),
        (requests, weight, skew) => {
          const shares = [weight / 10, 1 - weight / 10];
          expect(fairDrawTail(skew, requests, shares)).toBeCloseTo(bruteTail(skew, requests, shares), 9);
        },
      ),
    );
  });

  it('is never below the truth for more backends, and close to it where it decides', () => {
    for (const shares of [equal(3), equal(4), [0.5, 0.3, 0.2], [0.7, 0.1, 0.1, 0.1]]) {
      for (const requests of [12, 40]) {
        const levels = [...new Set(outcomes(requests, shares).map(({ skew }) => skew))].filter(
          (skew) => skew > 0,
        );
        for (const skew of levels) {
          const truth = bruteTail(skew, requests, shares);
          const bound = fairDrawTail(skew, requests, shares);
          expect(bound).toBeGreaterThanOrEqual(Math.min(1, truth) - 1e-9);
          if (truth < 0.02) expect(bound).toBeLessThanOrEqual(truth * 1.25);
        }
      }
    }
  });

  it('is certain for a skew of 0 and impossible beyond the largest', () => {
    expect(fairDrawTail(0, 100, equal(3))).toBe(1);
    // All 100 to one of three is a skew of 200 %: probability 3 × 3^-100.
    expect(fairDrawTail(2, 100, equal(3)) / 3 ** -99).toBeCloseTo(1, 9);
    expect(fairDrawTail(2.01, 100, equal(3))).toBe(0);
    expect(fairDrawTail(0.1, 100, [1])).toBe(0);
  });

  it('leaves out backends that nothing is expected of', () => {
    expect(fairDrawTail(0.05, 1000, [0.5, 0, 0.5])).toBe(fairDrawTail(0.05, 1000, [0.5, 0.5]));
  });
});

describe('skewNoise', () => {
  it('is the largest skew that a fair draw reaches at least 1 time in 100', () => {
    // Two-sided binomial tests (SciPy 1.17): 541 of 1000 has p = 0.01039, 542 has p = 0.00864.
    expect(skewNoise(1000, [0.5, 0.5])).toBe(541 / 1000 / 0.5 - 1);
    // 16 of 20 has p = 0.01182, 17 has p = 0.00258.
    expect(skewNoise(20, [0.5, 0.5])).toBeCloseTo(0.6, 12);
    // Six requests: 6 to 0 happens 1 time in 32.
    expect(skewNoise(6, [0.5, 0.5])).toBe(1);
  });

  it('divides the skews at a probability of 1 in 100', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 6 }),
        (requests, weights) => {
          const sum = weights.reduce((total, weight) => total + weight, 0);
          const shares = weights.map((weight) => weight / sum);
          const noise = skewNoise(requests, shares) ?? Number.NaN;
          expect(fairDrawTail(noise, requests, shares)).toBeGreaterThanOrEqual(0.01);
          expect(fairDrawTail(noise + 1e-8, requests, shares)).toBeLessThan(0.01);
        },
      ),
    );
  });

  it('shrinks with the root of the number of requests', () => {
    // z of 0.995 is 2.5758: 2.5758 / √10⁷ = 0.000815 for two equal backends.
    expect(skewNoise(10_000_000, [0.5, 0.5])).toBeCloseTo(2.5758 / Math.sqrt(1e7), 6);
  });

  it('is absent without requests or shares, and 0 for a pool of one', () => {
    expect(skewNoise(0, [0.5, 0.5])).toBeUndefined();
    expect(skewNoise(100, [])).toBeUndefined();
    expect(skewNoise(100, [1])).toBe(0);
  });
});

describe('minimumRequests', () => {
  it.each([
    // In brackets the last saw-tooth, by a loop over SciPy's binomial tails. The usual formula z² (1 - p) / (p limit²)
    // gives 2654, 3981 and 6892 and leaves out that counts are whole.
    [0.05, equal(2), 2693], // [2681]
    [0.05, [0.6, 0.4], 4030], // [4001]
    [0.05, equal(3), 6952], // [6921]
    [1, equal(2), 8], // 2 × 2^-8 = 0.0078; 2 × 2^-7 is still 0.0156
    [1.5, equal(2), 1], // two equal backends cannot be 150 % apart
  ])('for a limit of %d over %j is %d', (limit, shares, expected) => {
    expect(minimumRequests(limit, shares)).toBe(expected);
  });

  it('holds from there on, and not long before', () => {
    for (const shares of [equal(2), [0.6, 0.4], equal(5), [0.5, 0.3, 0.2]]) {
      for (const limit of [0.05, 0.2, 0.5]) {
        const minimum = minimumRequests(limit, shares) ?? Number.NaN;
        for (let more = 0; more < 300; more++) {
          expect(fairDrawTail(limit, minimum + more, shares)).toBeLessThan(0.01);
        }
        const before = Array.from(
          { length: Math.ceil(minimum * 0.03) + 12 },
          (_, index) => minimum - 1 - index,
        );
        expect(before.some((requests) => fairDrawTail(limit, requests, shares) >= 0.01)).toBe(true);
      }
    }
  });

  it('is absent for a limit that no run can decide', () => {
    expect(minimumRequests(0, equal(2))).toBeUndefined();
    expect(minimumRequests(1e-6, equal(2))).toBeUndefined();
    expect(minimumRequests(0.05, [])).toBeUndefined();
  });
});

describe('the cost', () => {
  it.each([
    ['2 backends', equal(2)],
    ['10 backends', equal(10)],
    ['1,024 backends of 1,024 weights', Array.from({ length: 1024 }, (_, index) => (index + 1) / 524_800)],
  ])('of judging ten million requests over %s stays far below a second', (_name, shares) => {
    const started = performance.now();
    skewNoise(10_000_000, shares);
    minimumRequests(0.05, shares);
    expect(performance.now() - started).toBeLessThan(500); // measured: 0.2 ms, 0.2 ms, 35 ms
  });
});
