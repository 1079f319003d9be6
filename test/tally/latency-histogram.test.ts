import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { percentileMs } from '../../src/figures/interval.js';
import { LatencyHistogram, prepareHistograms } from '../../src/tally/latency-histogram.js';

beforeAll(prepareHistograms);

/** Microseconds from nothing to two hours, as many short as long ones. */
const us = fc.oneof(
  fc.nat(3000),
  fc.nat(1_000_000),
  fc.nat(7_200_000_000),
  // Where the buckets of an HDR histogram change their width.
  fc.integer({ min: 10, max: 32 }).chain((bits) => fc.integer({ min: 2 ** bits - 2, max: 2 ** bits + 2 })),
);
const values = fc.array(us, { minLength: 1, maxLength: 200 });
const percentile = fc.oneof(
  fc.constantFrom(0, 50, 66, 75, 80, 90, 95, 98, 99, 99.9, 100),
  fc.double({ min: 0, max: 100, noNaN: true }),
);

/** Gives the WebAssembly memory back even when an expectation fails. */
function using<T>(histograms: readonly LatencyHistogram[], use: () => T): T {
  try {
    return use();
  } finally {
    for (const histogram of histograms) histogram.release();
  }
}

function histogramOf(recorded: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const value of recorded) histogram.record(value);
  return histogram;
}

/** The smallest value that at least `p` percent of the values are at most. */
function exactPercentile(recorded: readonly number[], p: number): number {
  const sorted = recorded.toSorted((a, b) => a - b);
  // Products such as 0.07 * 100 come out a little above the whole number.
  const rank = Math.max(1, Math.ceil((p / 100) * sorted.length - 1e-9));
  return sorted[rank - 1] as number;
}

describe('a latency histogram', () => {
  it('has percentiles of 3 significant digits, and never one outside of what was recorded', () => {
    fc.assert(
      fc.property(values, percentile, (recorded, p) => {
        const histogram = histogramOf(recorded);
        using([histogram], () => {
          const exact = exactPercentile(recorded, p);
          const found = histogram.percentileUs(p) as number;
          // A bucket answers with its highest value; its width is below a thousandth of it.
          expect(found).toBeGreaterThanOrEqual(p <= 0 ? Math.min(...recorded) : exact);
          expect(found).toBeLessThanOrEqual(Math.max(exact, exact * 1.001));
          expect(found).toBeLessThanOrEqual(Math.max(...recorded));
        });
      }),
      { numRuns: 300 },
    );
  });

  it('has the exact count, sum, mean, minimum, maximum and standard deviation', () => {
    fc.assert(
      fc.property(values, (recorded) => {
        const histogram = histogramOf(recorded);
        using([histogram], () => {
          const n = recorded.length;
          const mean = recorded.reduce((sum, value) => sum + value, 0) / n;
          expect(histogram.count).toBe(n);
          expect(histogram.meanUs()).toBe(mean);
          expect(histogram.minUs).toBe(Math.min(...recorded));
          expect(histogram.maxUs).toBe(Math.max(...recorded));
          const variance = recorded.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
          if (n === 1) expect(histogram.stddevUs()).toBeUndefined();
          // Sums of squares lose digits where values are large and alike.
          else
            expect(histogram.stddevUs()).toBeCloseTo(
              Math.sqrt(variance),
              6 - Math.ceil(Math.log10(mean + 1)),
            );
        });
      }),
    );
  });

  it('is, merged of parts, that of all their values to the last byte, in whatever way they travel', () => {
    fc.assert(
      fc.property(fc.array(fc.array(us, { maxLength: 60 }), { maxLength: 5 }), (parts) => {
        const whole = histogramOf(parts.flat());
        const added = new LatencyHistogram();
        const received = new LatencyHistogram();
        using([whole, added, received], () => {
          for (const part of parts) {
            const one = histogramOf(part);
            added.add(one);
            const sent = new LatencyHistogram();
            sent.read(structuredClone(one.toData()));
            expect(sent.toData()).toEqual(one.toData());
            received.add(sent);
            for (const histogram of [one, sent]) histogram.release();
          }
          // With the text of the histogram, which does not tell how the values came together.
          expect(added.toData()).toEqual(whole.toData());
          expect(received.toData()).toEqual(whole.toData());
          expect(received.summary()).toEqual(whole.summary());
        });
      }),
    );
  });

  it('is empty without values: nothing is 0 that was not measured', () => {
    const empty = new LatencyHistogram();
    const { count, ...figures } = empty.summary();
    expect(count).toBe(0);
    expect(Object.values(figures).every((figure) => figure === undefined)).toBe(true);
    expect(empty.percentileUs(50)).toBeUndefined();
    expect(empty.meanUs()).toBeUndefined();
    expect(empty.toData()).toMatchObject({ count: 0, encoded: '' });
    const other = histogramOf([5]);
    using([other], () => {
      other.add(empty);
      other.read(empty.toData());
      expect(other.summary()).toMatchObject({ count: 1, min: 0.005, max: 0.005, stddev: undefined });
    });
  });

  it('says milliseconds', () => {
    const histogram = histogramOf([1000, 2000, 3000]);
    using([histogram], () => {
      // Microseconds from 2,048 on are counted in pairs: 3000 lies in 3000 to 3001, and 3000 was the largest.
      expect(histogram.summary()).toMatchObject({ min: 1, mean: 2, stddev: 1, max: 3, p50: 2, p99: 3 });
    });
  });

  it('leaves nothing behind when it is released, and can be used again', () => {
    const histogram = histogramOf([1, 2, 3]);
    histogram.release();
    expect(histogram.toData()).toEqual(new LatencyHistogram().toData());
    histogram.record(7);
    using([histogram], () => expect(histogram.summary()).toMatchObject({ count: 1, min: 0.007, p50: 0.007 }));
  });

  it('says nothing where its text in a report is damaged', () => {
    const histogram = histogramOf([1000, 2000]);
    using([histogram], () => {
      const encoded = histogram.summary().histogram as string;
      expect(percentileMs(encoded, 97)).toBeCloseTo(2, 6);
      expect(percentileMs(encoded.slice(0, 20), 97)).toBeUndefined();
    });
  });

  it('is read again out of a report', () => {
    fc.assert(
      fc.property(values, percentile, (recorded, p) => {
        const histogram = histogramOf(recorded);
        using([histogram], () => {
          const encoded = histogram.summary().histogram as string;
          const exact = exactPercentile(recorded, p);
          const foundUs = (percentileMs(encoded, p) as number) * 1000;
          // The text does not say how large the largest was, so the answer may be up to a thousandth above it.
          // Percentile 0 is a bucket's lowest value, all others are its highest.
          expect(foundUs).toBeGreaterThanOrEqual((p === 0 ? exact * 0.999 : exact) - 1e-6);
          expect(foundUs).toBeLessThanOrEqual(exact * 1.001 + 1e-6);
        });
      }),
    );
  });
});
