import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvRank, medianRanks, percentageRank } from '../../../src/report/ab/rank.js';

describe('percentageRank', () => {
  // Nearest rank: ceil(n * p / 100) - 1. ab: floor(n * p / 100).
  it.each([
    [50, 100, 49, 50],
    [99, 100, 98, 99],
    [50, 1, 0, 0],
    [66, 3, 1, 1],
    [99, 10, 9, 9],
    [90, 10, 8, 9],
    [99, 1000, 989, 990],
  ])('%d %% of %d is rank %d, to ab %d', (percentage, count, ours, theirs) => {
    expect(percentageRank(percentage, count, false)).toBe(ours);
    expect(percentageRank(percentage, count, true)).toBe(theirs);
  });

  it('is the smallest rank at or below which at least that percentage lies', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 5000 }),
        (percentage, count) => {
          const rank = percentageRank(percentage, count, false);
          expect((rank + 1) * 100).toBeGreaterThanOrEqual(percentage * count);
          expect(rank * 100).toBeLessThan(percentage * count);
        },
      ),
    );
  });
});

describe('csvRank', () => {
  it('starts at the fastest and ends at the slowest', () => {
    for (const compat of [false, true]) {
      expect(csvRank(0, 20, compat)).toBe(0);
      expect(csvRank(100, 20, compat)).toBe(19);
    }
  });

  it("stays within the samples, where ab's floor(0.5 + 20 * 98 / 100) = 20 does not", () => {
    expect(csvRank(98, 20, true)).toBe(19);
    expect(csvRank(98, 20, false)).toBe(19);
  });

  it('agrees with the table of percentages, where that of ab does not', () => {
    expect(csvRank(50, 101, false)).toBe(percentageRank(50, 101, false));
    // ab: floor(0.5 + 50.5) = 51 in the file, floor(50.5) = 50 in the table.
    expect([csvRank(50, 101, true), percentageRank(50, 101, true)]).toEqual([51, 50]);
  });
});

describe('medianRanks', () => {
  it.each<[number, [number, number], [number, number]]>([
    [1, [0, 0], [0, 0]],
    [2, [0, 1], [1, 1]],
    [3, [1, 1], [1, 2]],
    [4, [1, 2], [2, 2]],
    [5, [2, 2], [2, 3]],
  ])('of %d values are %j, to ab %j', (count, ours, theirs) => {
    expect(medianRanks(count, false)).toEqual(ours);
    expect(medianRanks(count, true)).toEqual(theirs);
  });
});
