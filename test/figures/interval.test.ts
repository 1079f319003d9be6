import { beforeAll, describe, expect, it } from 'vitest';
import { errorInterval, percentileInterval, percentileMs, skewInterval } from '../../src/figures/interval.js';
import { LatencyHistogram, prepareHistograms } from '../../src/tally/latency-histogram.js';
import { noSamples, run, summary } from '../verdict/run-fixture.js';

beforeAll(prepareHistograms);

/** 1 to `count` microseconds, once each: the value of a rank is the rank. */
function ranked(count: number) {
  const histogram = new LatencyHistogram();
  for (let us = 1; us <= count; us++) histogram.record(us);
  const values = histogram.summary();
  histogram.release();
  return values;
}

describe('the 99 % interval of a percentile', () => {
  // R: qbinom(0.005, n, q) and qbinom(0.995, n, q) + 1 are the ranks of the order statistics.
  it.each([
    [100, 50, 37, 64],
    [1000, 50, 459, 542],
    [1000, 99, 981, 998],
    [1000, 90, 875, 925],
  ])('lies of %d values at p%d between ranks %d and %d', (count, percentile, low, high) => {
    expect(percentileInterval(ranked(count), percentile)).toEqual({ low: low / 1000, high: high / 1000 });
  });

  it('has no upper end where so few values lie above', () => {
    expect(percentileInterval(ranked(100), 99).high).toBeUndefined();
  });

  it('is not known without values or with a damaged histogram', () => {
    const unbounded = { low: undefined, high: undefined };
    expect(percentileInterval(noSamples, 99)).toEqual(unbounded);
    expect(percentileInterval(summary({ histogram: 'damaged' }), 99)).toEqual(unbounded);
    expect(percentileMs('damaged', 50)).toBeUndefined();
  });
});

describe('the 99 % interval of errors', () => {
  // R: binom.test(15, 1000, conf.level = 0.99)$conf.int
  it('is that of Clopper and Pearson, over one run or several together', () => {
    const { low, high } = errorInterval([run()]);
    expect(low).toBeCloseTo(0.00691801, 8);
    expect(high).toBeCloseTo(0.02797883, 8);
    const both = errorInterval([run(), run()]);
    expect((both.high ?? 0) - (both.low ?? 0)).toBeLessThan((high ?? 0) - (low ?? 0));
  });
});

describe('the 99 % interval of a skew', () => {
  it('holds the skew that was seen, and is not known where nothing was attributed', () => {
    const { low, high } = skewInterval(run());
    expect(low).toBeLessThan(run().distribution.skew ?? 0);
    expect(high).toBeGreaterThan(run().distribution.skew ?? 0);
    expect(skewInterval(run({ backends: [] }))).toEqual({ low: undefined, high: undefined });
  });
});
