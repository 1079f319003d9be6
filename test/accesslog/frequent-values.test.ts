import { describe, expect, it } from 'vitest';
import { FrequentValues, mergedFrequencies } from '../../src/accesslog/reading/frequent-values.js';
import { randomUint32 } from '../../src/engine/counter-random.js';

/** Values of which the n-th occurs about 1/n times as often as the first. */
function zipf(count: number, distinct: number, seed: number): string[] {
  return Array.from({ length: count }, (_, n) => {
    const unit = (randomUint32(seed, n, 0) + 1) / 2 ** 32;
    return `/${Math.floor(distinct ** unit)}`;
  });
}

function trueCounts(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

describe('frequent values', () => {
  it('are counted exactly as long as there is room', () => {
    const frequent = new FrequentValues(3);
    for (const value of ['a', 'b', 'a', 'c', 'a']) frequent.add(value);
    expect(frequent.frequencies).toEqual({
      values: [
        ['a', 3, 0],
        ['b', 1, 0],
        ['c', 1, 0],
      ],
      othersAtMost: 1,
    });
  });

  it.each([1, 2, 3])(
    'have counts that are too high by their error at most, and miss none that is frequent (%i)',
    (seed) => {
      const values = zipf(50_000, 20_000, seed);
      const frequent = new FrequentValues(200);
      for (const value of values) frequent.add(value);
      const exact = trueCounts(values);
      const { values: found, othersAtMost } = frequent.frequencies;
      expect(found).toHaveLength(200);
      expect(found.reduce((sum, [, count]) => sum + count, 0)).toBe(values.length);
      expect(othersAtMost).toBeLessThanOrEqual(values.length / 200);
      const kept = new Set<string>();
      for (const [value, count, error] of found) {
        kept.add(value);
        expect(count).toBeGreaterThanOrEqual(exact.get(value) ?? 0);
        expect(count - error).toBeLessThanOrEqual(exact.get(value) ?? 0);
      }
      for (const [value, count] of exact)
        if (!kept.has(value)) expect(count).toBeLessThanOrEqual(othersAtMost);
    },
  );

  it('keep that when those of several streams are merged', () => {
    const streams = [1, 2, 3].map((seed) => zipf(20_000, 5000, seed));
    const parts = streams.map((values, index) => {
      const frequent = new FrequentValues(100 * (index + 1));
      for (const value of values) frequent.add(value);
      return frequent.frequencies;
    });
    const exact = trueCounts(streams.flat());
    const { values, othersAtMost } = mergedFrequencies(parts);
    const kept = new Set<string>();
    for (const [value, count, error] of values) {
      kept.add(value);
      expect(count).toBeGreaterThanOrEqual(exact.get(value) ?? 0);
      expect(count - error).toBeLessThanOrEqual(exact.get(value) ?? 0);
    }
    for (const [value, count] of exact) if (!kept.has(value)) expect(count).toBeLessThanOrEqual(othersAtMost);
    expect(values.map(([, count]) => count)).toEqual(
      values.map(([, count]) => count).toSorted((a, b) => b - a),
    );
  });
});
