import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Schedule } from '../../src/engine/schedule.js';

/** The first `count` dues of a schedule, by index. */
function duesOf(schedule: Schedule, count: number): [index: number, dueUs: number][] {
  return Array.from({ length: count }, () => {
    const due: [number, number] = [schedule.index, schedule.dueUs];
    schedule.advance();
    return due;
  });
}

/** A load of so many a second. */
function at(ratePerSec: number, arrivals: 'constant' | 'poisson') {
  return { ratePerSec, arrivals };
}

const seed = fc.integer({ min: 0, max: 2 ** 53 - 1 });
const arrivals = fc.constantFrom('constant' as const, 'poisson' as const);
const rate = fc.double({ min: 0.01, max: 1e6, noNaN: true });

describe('constant arrivals', () => {
  it('are evenly spaced from 0 on', () => {
    expect(duesOf(new Schedule(at(200, 'constant'), 1), 4)).toEqual([
      [0, 0],
      [1, 5000],
      [2, 10_000],
      [3, 15_000],
    ]);
  });

  it('do not drift: after a day at 10,000 a second the next is due to the microsecond', () => {
    const aDay = 86_400 * 10_000;
    expect(new Schedule(at(10_000, 'constant'), 1, aDay).dueUs).toBe(86_400 * 1e6);
    // A third of a second has no exact form, and a million of them are off by no more than rounding.
    expect(new Schedule(at(3, 'constant'), 1, 3_000_000).dueUs).toBeCloseTo(1e12, 3);
  });
});

describe('gamma arrivals', () => {
  it.each([
    ['bursts', 0.25],
    ['as Poisson', 1],
    ['more even', 4],
  ])('have the mean of the rate and the spread of their shape: %s', (_, burstiness) => {
    const schedule = new Schedule({ ratePerSec: 100, arrivals: 'gamma', burstiness }, 7);
    const dues = duesOf(schedule, 40_000).map(([, dueUs]) => dueUs);
    const gaps = dues.map((due, index) => (due - (index === 0 ? 0 : (dues[index - 1] as number))) / 10_000);
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    // The standard error of the mean is 1 / sqrt(shape * 40000), of the variance about sqrt(2 + 6 / shape) of it.
    expect(mean).toBeGreaterThan(1 - 4 / Math.sqrt(burstiness * 40_000));
    expect(mean).toBeLessThan(1 + 4 / Math.sqrt(burstiness * 40_000));
    expect(Math.abs(variance * burstiness - 1)).toBeLessThan(4 * Math.sqrt((2 + 6 / burstiness) / 40_000));
  });
});

describe('given arrivals', () => {
  it('are what they are, for each thread its own, and end', () => {
    const dueUs = Float64Array.of(0, 10, 10, 500);
    const plan = {
      ratePerSec: 1,
      arrivals: 'constant',
      replay: { source: 't', dueUs, kinds: undefined },
    } as const;
    expect(duesOf(new Schedule(plan, 1), 5).map(([, due]) => due)).toEqual([
      0,
      10,
      10,
      500,
      Number.POSITIVE_INFINITY,
    ]);
    expect(duesOf(new Schedule(plan, 1, 1, 2), 2)).toEqual([
      [1, 10],
      [3, 500],
    ]);
  });
});

describe('Poisson arrivals', () => {
  it('have exponential gaps: mean, spread and median fit for any seed', () => {
    const count = 20_000;
    fc.assert(
      fc.property(seed, (value) => {
        const dues = duesOf(new Schedule(at(1000, 'poisson'), value), count).map(([, dueUs]) => dueUs);
        const gaps = dues.map((dueUs, index) => dueUs - (dues[index - 1] ?? 0));
        const mean = gaps.reduce((sum, gap) => sum + gap, 0) / count;
        const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / (count - 1);
        const belowMedian = gaps.filter((gap) => gap < Math.LN2 * 1000).length / count;
        // An exponential gap of mean 1000 µs has a standard deviation of 1000; 5 standard errors on each figure:
        // 1000 / √20000 = 7.1 for the mean, √8 / √20000 = 2 % for the variance, 0.5 / √20000 for the median.
        expect(Math.abs(mean - 1000)).toBeLessThan(36);
        expect(Math.abs(variance / 1e6 - 1)).toBeLessThan(0.1);
        expect(Math.abs(belowMedian - 0.5)).toBeLessThan(0.018);
        expect(gaps.every((gap) => gap >= 0)).toBe(true);
      }),
      // A statistical test: always the same draws.
      { numRuns: 30, seed: 1 },
    );
  });

  it('are different for different seeds', () => {
    expect(duesOf(new Schedule(at(10, 'poisson'), 1), 5)).not.toEqual(
      duesOf(new Schedule(at(10, 'poisson'), 2), 5),
    );
  });
});

describe('any schedule', () => {
  it('is a pure function of rate, arrivals and seed', () => {
    fc.assert(
      fc.property(rate, arrivals, seed, (perSec, kind, value) => {
        expect(duesOf(new Schedule(at(perSec, kind), value), 50)).toEqual(
          duesOf(new Schedule(at(perSec, kind), value), 50),
        );
      }),
    );
  });

  it('never goes back in time', () => {
    fc.assert(
      fc.property(rate, arrivals, seed, (perSec, kind, value) => {
        const dues = duesOf(new Schedule(at(perSec, kind), value), 100).map(([, dueUs]) => dueUs);
        expect(dues).toEqual(dues.toSorted((a, b) => a - b));
      }),
    );
  });

  it('is the same whole however many threads share it', () => {
    const threads = fc.integer({ min: 1, max: 16 });
    fc.assert(
      fc.property(rate, arrivals, seed, threads, (perSec, kind, value, count) => {
        const each = 12;
        const parts = Array.from({ length: count }, (_, thread) =>
          duesOf(new Schedule(at(perSec, kind), value, thread, count), each),
        );
        const whole = duesOf(new Schedule(at(perSec, kind), value), each * count);
        expect(parts.flat().sort(([a], [b]) => a - b)).toEqual(whole);
      }),
    );
  });
});
