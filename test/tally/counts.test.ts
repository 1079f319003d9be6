import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CappedCounts } from '../../src/tally/capped-counts.js';
import { StatusCounts } from '../../src/tally/status-counts.js';

describe('counts of statuses', () => {
  it('have three digits, in order, and only those that occurred', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(999)), fc.array(fc.nat(999)), (some, others) => {
        const counts = new StatusCounts();
        for (const status of some) counts.record(status);
        const rest = new StatusCounts();
        for (const status of others) rest.record(status);
        counts.add(rest);
        const read = new StatusCounts();
        read.read(counts.toRecord());
        expect(read.toRecord()).toEqual(counts.toRecord());
        const expected = new Map<string, number>();
        for (const status of [...some, ...others].sort((a, b) => a - b)) {
          const key = String(status).padStart(3, '0');
          expected.set(key, (expected.get(key) ?? 0) + 1);
        }
        expect(counts.toRecord()).toEqual(Object.fromEntries(expected));
      }),
    );
  });

  it('have those below 100 too, which nginx logs for an answer without a header', () => {
    const counts = new StatusCounts();
    for (const status of [200, 9, 9]) counts.record(status);
    expect(counts.toRecord()).toEqual({ '009': 2, '200': 1 });
  });
});

describe('counts with a cap', () => {
  it('count every key that found a place, and all others together', () => {
    const entries = fc.array(fc.tuple(fc.nat(12), fc.integer({ min: 1, max: 5 })));
    fc.assert(
      fc.property(entries, entries, fc.nat(6), (some, others, capacity) => {
        const counts = new CappedCounts<number>(capacity);
        for (const [key, count] of some) counts.record(key, count);
        counts.read({ entries: others, overflow: 3 });
        const all = [...some, ...others];
        const places = [...new Set(all.map(([key]) => key))].slice(0, capacity);
        const totalOf = (key: number) =>
          all.filter(([other]) => other === key).reduce((total, [, count]) => total + count, 0);
        expect(counts.entries()).toEqual(places.map((key) => [key, totalOf(key)]));
        const total = all.reduce((sum, [, count]) => sum + count, 0);
        expect(counts.overflow).toBe(total + 3 - places.reduce((sum, key) => sum + totalOf(key), 0));
        expect(counts.get(99)).toBe(0);
      }),
    );
  });
});
