import { describe, expect, it } from 'vitest';
import { type BackendCount, judgeSpread } from '../../src/distribution/spread.js';

const a = '127.0.0.1:8001';
const b = '127.0.0.1:8002';
const c = '127.0.0.1:8003';

function backend(address: string, count: number, weight?: number, meanInFlight?: number): BackendCount {
  return { address, count, weight, meanInFlight };
}

describe('judgeSpread', () => {
  it('finds 506 to 494 over two equal backends 1.2 % skewed', () => {
    const { shares, distribution, warnings } = judgeSpread([backend(a, 506, 1), backend(b, 494, 1)]);
    expect(shares).toEqual([
      { address: a, weight: 1, expectedShare: 0.5, share: 0.506, deviation: 0.506 / 0.5 - 1 },
      { address: b, weight: 1, expectedShare: 0.5, share: 0.494, deviation: 0.494 / 0.5 - 1 },
    ]);
    expect(distribution.skew).toBeCloseTo(0.012, 12);
    expect(distribution.maxOverMean).toBeCloseTo(1.012, 12);
    expect(distribution.coefficientOfVariation).toBeCloseTo(0.012, 12);
    expect(distribution.jainIndex).toBeCloseTo(1 / (1 + 0.012 ** 2), 12);
    expect(distribution.chiSquare?.statistic).toBeCloseTo(0.144, 12); // 36/500 + 36/500
    expect(distribution.skewNoise).toBeCloseTo(0.082, 12);
    expect(distribution.minimumRequests).toBe(2693);
    expect(warnings).toEqual([]);
  });

  it('measures counts against weights: 600 to 400 is even at 3 to 2', () => {
    const { distribution, shares } = judgeSpread([backend(a, 600, 3), backend(b, 400, 2)]);
    expect(shares.map(({ expectedShare }) => expectedShare)).toEqual([0.6, 0.4]);
    expect(distribution.skew).toBeCloseTo(0, 12);
    expect(distribution.maxOverMean).toBeCloseTo(1, 12);
    expect(distribution.jainIndex).toBeCloseTo(1, 12);
    expect(distribution.coefficientOfVariation).toBeCloseTo(0, 12);
  });

  it('makes a backend that got nothing a skew of at least 100 %', () => {
    const { shares, distribution } = judgeSpread([backend(a, 100, 1), backend(b, 0, 1)]);
    expect(shares[1]).toMatchObject({ share: 0, deviation: -1 });
    expect(distribution.skew).toBe(1);
    expect(distribution.jainIndex).toBe(0.5);
  });

  it('expects equal shares over the backends seen when no weight is known', () => {
    const { shares, distribution } = judgeSpread([backend(a, 60), backend(b, 30)]);
    expect(shares[0]).toEqual({
      address: a,
      weight: undefined,
      expectedShare: 0.5,
      share: 60 / 90,
      deviation: 60 / 45 - 1,
    });
    expect(distribution.skew).toBeCloseTo(1 / 3, 12);
  });

  it('has no opinion when one backend was seen and nobody knows how many there are', () => {
    const { shares, distribution } = judgeSpread([backend(a, 1000)]);
    expect(shares).toEqual([
      { address: a, weight: undefined, expectedShare: undefined, share: 1, deviation: undefined },
    ]);
    expect(Object.values(distribution).every((figure) => figure === undefined)).toBe(true);
  });

  it('finds a pool that is known to be of one even', () => {
    expect(judgeSpread([backend(a, 1000, 1)]).distribution).toMatchObject({
      skew: 0,
      skewNoise: 0,
      jainIndex: 1,
    });
  });

  it('has no figures without responses', () => {
    const { shares, distribution } = judgeSpread([backend(a, 0, 1), backend(b, 0, 1)]);
    expect(shares[0]).toMatchObject({ expectedShare: 0.5, share: undefined, deviation: undefined });
    expect(distribution).toEqual({
      skew: undefined,
      skewNoise: undefined,
      maxOverMean: undefined,
      coefficientOfVariation: undefined,
      jainIndex: undefined,
      chiSquare: undefined,
      minimumRequests: 2693, // known beforehand
      inFlightSkew: undefined,
    });
    expect(judgeSpread([]).shares).toEqual([]);
    expect(judgeSpread([]).distribution.skew).toBeUndefined();
  });

  it('lets what a stranger served show as missing from the others, and warns', () => {
    const { shares, distribution, warnings } = judgeSpread([
      backend(a, 450, 1),
      backend(b, 450, 1),
      backend(c, 100),
    ]);
    expect(shares[2]).toEqual({
      address: c,
      weight: undefined,
      expectedShare: 0,
      share: 0.1,
      deviation: undefined,
    });
    expect(distribution.skew).toBeCloseTo(0.1, 12); // 0.45 / 0.5 - 1
    expect(distribution.jainIndex).toBe(1);
    expect(warnings).toContainEqual({
      code: 'unknown-backend',
      text: '127.0.0.1:8003 served 100 but is not among the expected backends',
    });
  });

  it('warns of a backend of weight 0 only when it served something', () => {
    const pool = (count: number) =>
      judgeSpread([backend(a, 5000, 1), backend(b, 5000, 1), backend(c, count, 0)]);
    expect(pool(0)).toMatchObject({ warnings: [], distribution: { skew: 0 } });
    expect(pool(1).warnings).toEqual([
      { code: 'model-mismatch', text: '127.0.0.1:8003 served 1 but was expected to serve nothing' },
    ]);
    expect(pool(1).distribution.skew).toBeCloseTo(1 / 10_001, 12);
  });

  it('has nothing to expect when all weights are 0', () => {
    expect(judgeSpread([backend(a, 5, 0), backend(b, 5, 0)]).distribution.skew).toBeUndefined();
  });

  it('judges work beside requests: equal counts, unequal time in flight', () => {
    const { distribution } = judgeSpread([backend(a, 500, 1, 9), backend(b, 500, 1, 3)]);
    expect(distribution.skew).toBe(0);
    expect(distribution.inFlightSkew).toBe(0.5); // 9 / 12 / 0.5 - 1
  });

  it('has no in-flight skew when one backend’s was not measured', () => {
    expect(judgeSpread([backend(a, 5, 1, 9), backend(b, 5, 1)]).distribution.inFlightSkew).toBeUndefined();
    expect(judgeSpread([backend(a, 5, 1, 0), backend(b, 5, 1, 0)]).distribution.inFlightSkew).toBeUndefined();
  });

  it('computes the minimum of requests for the limit of the rule', () => {
    const counts = [backend(a, 5, 1), backend(b, 5, 1)];
    expect(judgeSpread(counts, { skewLimit: 1 }).distribution.minimumRequests).toBe(8);
  });

  it('says that there were too few requests only when the skew is above the limit and chance explains it', () => {
    const warnings = (left: number, right: number, skewLimit?: number) =>
      judgeSpread([backend(a, left, 1), backend(b, right, 1)], { skewLimit }).warnings;
    expect(warnings(13, 7)).toEqual([
      {
        code: 'too-few-requests',
        text: 'chance alone makes 20 requests skew by up to 60 %; 2,693 requests would tell',
      },
    ]);
    expect(warnings(10, 10)).toEqual([]);
    expect(warnings(18, 2)).toEqual([]); // 80 % is more than chance
    expect(warnings(13, 7, 0.5)).toEqual([]);
  });

  it('does not change its input', () => {
    const counts = Object.freeze([Object.freeze(backend(a, 1, 1)), Object.freeze(backend(b, 2, 1))]);
    expect(() => judgeSpread(counts)).not.toThrow();
  });
});
