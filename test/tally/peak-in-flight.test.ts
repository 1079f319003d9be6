import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PeakInFlight } from '../../src/tally/peak-in-flight.js';

interface Interval {
  readonly track: number;
  readonly startUs: number;
  readonly endUs: number;
}

const trackCount = 3;

/** Counts every interval of a track that covers the start of another; an end at that moment does not overlap. */
function bruteForce(intervals: readonly Interval[]): number[] {
  return Array.from({ length: trackCount }, (_, track) => {
    const own = intervals.filter((interval) => interval.track === track);
    // An interval without length takes up its microsecond.
    const covers = ({ startUs, endUs }: Interval, us: number) =>
      startUs <= us && us < Math.max(endUs, startUs + 1);
    return Math.max(0, ...own.map(({ startUs }) => own.filter((other) => covers(other, startUs)).length));
  });
}

function newPeaks(): PeakInFlight {
  const peaks = new PeakInFlight();
  for (let track = 0; track < trackCount; track++) peaks.addTrack();
  return peaks;
}

/**
 * Delivers intervals as a run does: each when it ends. `sweepAfter` says after which of them somebody sweeps, beside
 * the sweeps that a full buffer asks for; a sweep is told the earliest start among those still to end.
 */
function deliver(intervals: readonly Interval[], sweepAfter: (index: number) => boolean): number[] {
  const inEndOrder = intervals.toSorted((a, b) => a.endUs - b.endUs);
  const oldestAfter = new Array<number>(inEndOrder.length).fill(0);
  let oldestUs = Number.POSITIVE_INFINITY;
  for (let i = inEndOrder.length - 1; i >= 0; i--) {
    const interval = inEndOrder[i] as Interval;
    oldestAfter[i] = Math.min(oldestUs, interval.endUs);
    oldestUs = Math.min(oldestUs, interval.startUs);
  }
  const peaks = newPeaks();
  inEndOrder.forEach(({ track, startUs, endUs }, index) => {
    const full = peaks.record(track, startUs, endUs);
    if (full || sweepAfter(index)) peaks.sweep(oldestAfter[index] as number);
  });
  peaks.finish();
  return peaks.peaks;
}

const interval = (latestUs: number, longestUs: number) =>
  fc
    .record({
      track: fc.nat(trackCount - 1),
      startUs: fc.nat(latestUs),
      lengthUs: fc.nat(longestUs),
    })
    .map(({ track, startUs, lengthUs }) => ({ track, startUs, endUs: startUs + lengthUs }));

describe('the peak in flight', () => {
  it('is that of counting all intervals at every moment, whenever it is swept', () => {
    // Few moments, so that ends and starts often meet; and many, so that they seldom do.
    const intervals = fc.oneof(
      fc.array(interval(20, 8), { maxLength: 60 }),
      fc.array(interval(1_000_000, 200_000), { maxLength: 60 }),
    );
    fc.assert(
      fc.property(intervals, fc.infiniteStream(fc.boolean()), (all, sweeps) => {
        const whether = all.map(() => sweeps.next().value);
        expect(deliver(all, (index) => whether[index] === true)).toEqual(bruteForce(all));
      }),
      { numRuns: 300 },
    );
  });

  it('is right over many times what the buffer holds', () => {
    // Ten tracks' worth of requests, one every 10 µs, 0.1 to 2 ms long: a plain walk over all starts and ends.
    const all = Array.from({ length: 50_000 }, (_, i) => ({
      track: (i * 7) % trackCount,
      startUs: i * 10,
      endUs: i * 10 + 100 + ((i * 7919) % 1900),
    }));
    const expected = Array.from({ length: trackCount }, (_, track) => {
      const own = all.filter((one) => one.track === track);
      const steps = own.flatMap(({ startUs, endUs }) => [
        [startUs, 1],
        [endUs, -1],
      ]) as [number, number][];
      steps.sort(([a, x], [b, y]) => a - b || x - y);
      let current = 0;
      let peak = 0;
      for (const [, change] of steps) {
        current += change;
        peak = Math.max(peak, current);
      }
      return peak;
    });
    expect(deliver(all, () => false)).toEqual(expected);
    expect(Math.min(...expected)).toBeGreaterThan(20);
  });

  it('of other backends stays right while a request hangs through the whole run, and memory does not grow', () => {
    const all: Interval[] = Array.from({ length: 40_000 }, (_, i) => ({
      track: 1 + (i % 2),
      startUs: i * 10,
      endUs: i * 10 + 45,
    }));
    all.push({ track: 0, startUs: 0, endUs: 10_000_000 });
    // On each track one starts every 20 µs and lasts 45: three at a time. The one that hangs is alone on its own.
    expect(deliver(all, () => false)).toEqual([1, 3, 3]);
  });

  it('goes on counting after far more requests than it keeps were in flight at the same moment', () => {
    const peak = new PeakInFlight();
    peak.addTrack();
    peak.addTrack();
    // 40,000 from 0 to 10 ms: every event in the buffer lies at one of two moments.
    for (let i = 0; i < 40_000; i++) if (peak.record(0, 0, 10_000)) peak.sweep(0);
    for (let i = 0; i < 10; i++) peak.record(1, 20_000, 30_000);
    peak.finish();
    expect(peak.peaks[1]).toBe(10);
    // What was in flight beyond the buffer's size is only bounded from below.
    expect(peak.peaks[0]).toBeGreaterThan(4000);
  });

  it('is 0 where nothing happened', () => {
    const peaks = newPeaks();
    peaks.finish();
    expect(peaks.peaks).toEqual([0, 0, 0]);
  });

  it('does not count one that ends as another starts', () => {
    const all = [
      { track: 0, startUs: 0, endUs: 10 },
      { track: 0, startUs: 10, endUs: 20 },
      { track: 1, startUs: 0, endUs: 11 },
      { track: 1, startUs: 10, endUs: 20 },
    ];
    expect(deliver(all, () => false)).toEqual([1, 2, 0]);
  });
});
