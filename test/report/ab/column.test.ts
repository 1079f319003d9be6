import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { abColumn, timesOfSamples } from '../../../src/report/ab/column.js';

describe('abColumn', () => {
  it('has the figures of 1, 2, 3, 4, 10', () => {
    // Mean 4; squares 9 + 4 + 1 + 0 + 36 = 50; 50 / 4 = 12.5.
    expect(abColumn(Object.freeze([10, 1, 3, 2, 4]), false)).toEqual({
      minUs: 1,
      sumUs: 20,
      sdUs: Math.sqrt(12.5),
      medianUs: 3,
      maxUs: 10,
    });
  });

  it('averages the middle of an odd count with its upper neighbour only to copy ab', () => {
    expect(abColumn([0, 0, 100], false).medianUs).toBe(0);
    expect(abColumn([0, 0, 100], true).medianUs).toBe(50);
  });

  it('takes the mean of both middles of an even count, where ab takes the upper', () => {
    expect(abColumn([0, 10, 20, 100], false).medianUs).toBe(15);
    expect(abColumn([0, 10, 20, 100], true).medianUs).toBe(20);
  });

  it('has a deviation of 0 for one value', () => {
    expect(abColumn([7], false)).toEqual({ minUs: 7, sumUs: 7, sdUs: 0, medianUs: 7, maxUs: 7 });
  });

  it('throws without values', () => {
    expect(() => abColumn([], false)).toThrow('abColumn requires at least one value');
  });

  it('does not depend on the order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1e9), { minLength: 1 }), fc.boolean(), (values, compat) => {
        expect(abColumn(values.toReversed(), compat)).toEqual(abColumn(values, compat));
      }),
    );
  });
});

describe('timesOfSamples', () => {
  it('splits the total into connect and processing for each request', () => {
    const times = timesOfSamples(
      [
        { startedAtUs: 0, connectUs: 100, waitingUs: 50, totalUs: 900 },
        { startedAtUs: 1, connectUs: 0, waitingUs: 300, totalUs: 400 },
      ],
      false,
    );
    expect(times).toMatchObject({
      count: 2,
      connect: { minUs: 0, maxUs: 100 },
      processing: { minUs: 400, maxUs: 800 },
      waiting: { minUs: 50, maxUs: 300 },
      total: { minUs: 400, maxUs: 900 },
    });
    expect([times?.totalAtRankUs(0), times?.totalAtRankUs(1)]).toEqual([400, 900]);
    expect(() => times?.totalAtRankUs(2)).toThrow('expected a rank below 2, got 2');
  });

  it('is absent without samples', () => {
    expect(timesOfSamples([], false)).toBeUndefined();
  });
});
