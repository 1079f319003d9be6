import fc from 'fast-check';
import { expect, test } from 'vitest';
import { offsetOf } from '../../src/fleet/clock.js';

test('the true offset lies inside the bound, however unlike the two ways are', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -1e9, max: 1e9 }),
      fc.array(fc.record({ there: fc.nat(40_000), back: fc.nat(40_000) }), { minLength: 1, maxLength: 64 }),
      (trueOffset, ways) => {
        const looks = ways.map(({ there, back }, i) => {
          const beforeUs = i * 100_000;
          return { beforeUs, shownUs: beforeUs + there + trueOffset, afterUs: beforeUs + there + back };
        });
        const offset = offsetOf(looks);
        expect(Math.abs((offset?.us ?? Number.NaN) - trueOffset)).toBeLessThanOrEqual(offset?.boundUs ?? 0);
        // As good as the quickest look alone.
        const quickest = Math.min(...ways.map(({ there, back }) => there + back));
        expect(offset?.boundUs).toBeLessThanOrEqual(quickest / 2);
      },
    ),
  );
});

test('the middle of a lopsided way is wrong by half of it, and the bound says so', () => {
  const looks = [{ beforeUs: 0, shownUs: 40_000, afterUs: 40_000 }];
  expect(offsetOf(looks)).toEqual({ us: 20_000, boundUs: 20_000 });
});

test('notices a clock that was set', () => {
  const looks = [
    { beforeUs: 0, shownUs: 100, afterUs: 200 },
    { beforeUs: 1000, shownUs: 501_100, afterUs: 1200 },
  ];
  expect(offsetOf(looks)).toBeUndefined();
  expect(offsetOf([])).toBeUndefined();
});
