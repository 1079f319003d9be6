import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { timelyErrors, timelyMean, timelyPercentile, timelyRate } from '../../src/figures/timely.js';
import type { LatencySummary } from '../../src/model/latency.js';
import { LatencyHistogram, prepareHistograms } from '../../src/tally/latency-histogram.js';
import { run } from '../verdict/run-fixture.js';

beforeAll(prepareHistograms);

function summaryOf(us: readonly number[]): LatencySummary {
  const histogram = new LatencyHistogram();
  for (const value of us) histogram.record(value);
  const summary = histogram.summary();
  histogram.release();
  return summary;
}

/** The value at the rank of a percentile, in milliseconds. */
function exactPercentile(us: readonly number[], percentile: number): number {
  const sorted = [...us].sort((a, b) => a - b);
  return (sorted[Math.max(0, Math.ceil((percentile / 100) * us.length - 1e-9) - 1)] ?? 0) / 1000;
}

/** How long a request took, and how much of that the sender was late. */
const requests = fc.array(
  fc.tuple(
    fc.integer({ min: 1, max: 3_000_000 }),
    fc.oneof(fc.constant(0), fc.integer({ max: 3_000_000, min: 0 })),
  ),
  { minLength: 1, maxLength: 300 },
);
/** A histogram's slot is a thousandth of its value wide. */
const within = (ms: number) => ms * 1.002 + 0.002;

describe('a figure as it may have been had the sender been in time', () => {
  it('is never worse than it was without the lags', () => {
    fc.assert(
      fc.property(requests, fc.double({ min: 0.1, max: 100, noNaN: true }), (pairs, percentile) => {
        const lags = pairs.map(([took, lag]) => Math.min(took, lag));
        const times = pairs.map(([took]) => took);
        const without = times.map((took, index) => took - (lags[index] as number));
        const [values, lag] = [summaryOf(times), summaryOf(lags)];
        expect(timelyPercentile(values, percentile, lag)).toBeLessThanOrEqual(
          within(exactPercentile(without, percentile)) + (lag.max ?? 0) * 0.002,
        );
        const mean = without.reduce((sum, us) => sum + us, 0) / without.length / 1000;
        expect(timelyMean(values, lag)).toBeCloseTo(mean, 6);
      }),
    );
  });

  it('is what it was where nothing was late', () => {
    const values = summaryOf(Array.from({ length: 1000 }, (_, i) => 1000 + i));
    const lag = summaryOf(new Array(1000).fill(0));
    expect(timelyPercentile(values, 99, lag)).toBe(values.p99);
    expect(timelyPercentile(values, 100, lag)).toBe(values.max);
  });

  it('leaves to a percentile what few late requests cannot have moved', () => {
    const times = new Array(1000).fill(300_000);
    // Eight of a thousand: less than one in a hundred.
    const lag = summaryOf(Array.from({ length: 1000 }, (_, i) => (i < 8 ? 2_000_000 : 0)));
    expect(timelyPercentile(summaryOf(times), 99, lag)).toBeGreaterThan(299);
    // All of them, but by a little only.
    expect(timelyPercentile(summaryOf(times), 99, summaryOf(new Array(1000).fill(10_000)))).toBeGreaterThan(
      289,
    );
  });

  it('is not known where nobody measured how late the sender was', () => {
    const judged = run();
    expect(timelyPercentile(judged.responseMs, 99, undefined)).toBeUndefined();
    expect(timelyMean(judged.responseMs, undefined)).toBeUndefined();
    expect(timelyErrors(judged, {})).toBeUndefined();
    expect(timelyRate(judged, {})).toBeUndefined();
  });

  it('counts no errors that the sender had a good part in, and no time that it lost', () => {
    const judged = run({ generator: { lostMs: 1000, lateFailures: 8 } });
    expect(timelyErrors(judged, {})).toBe(7 / 1000);
    expect(timelyRate(judged, {})).toBeCloseTo((198 * 5) / 4, 10);
  });
});
