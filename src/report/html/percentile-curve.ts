import type { LatencySummary } from '../../model/latency.js';
import { histogramSlots, readHistogram } from '../../stats/encoded-histogram.js';

/** One point of a percentile curve. */
export interface CurvePoint {
  /** 0 (the smallest) to 100 (the largest). */
  readonly percentile: number;
  readonly ms: number;
  /** One in how many requests took longer: 2 at the median, 100 at p99; the number of requests at the largest. */
  readonly oneIn: number;
}

const percentiles = [
  ...[0, 10, 25, 50, 60, 70, 75, 80, 85, 90, 92.5, 95, 96, 97, 98, 99, 99.3, 99.5, 99.7, 99.8, 99.9],
  ...[99.93, 99.95, 99.97, 99.98, 99.99, 99.995, 99.998, 99.999, 99.9995, 99.9998, 99.9999],
];

/**
 * The curve of a distribution, as far into the tail as there are samples: a percentile is left out when none lies above
 * it. Where the histogram is missing or damaged the points are those of the summary.
 */
export function percentileCurve(summary: LatencySummary): CurvePoint[] {
  const { count, min, max } = summary;
  if (count === 0 || min === undefined || max === undefined) return [];
  const read = histogramReader(summary.histogram) ?? summaryReader(summary);
  const points = percentiles
    .filter((percentile) => count * (100 - percentile) >= 100 - 1e-9 && percentile < 100)
    .flatMap((percentile) => {
      const ms = percentile === 0 ? min : read(percentile);
      return ms === undefined
        ? []
        : [{ percentile, ms: Math.min(Math.max(ms, min), max), oneIn: 100 / (100 - percentile) }];
    });
  return [...points, { percentile: 100, ms: max, oneIn: Math.max(count, points.at(-1)?.oneIn ?? 1) }];
}

type Reader = (percentile: number) => number | undefined;

function histogramReader(encoded: string | undefined): Reader | undefined {
  const readUs = encoded === undefined ? undefined : readHistogram(encoded);
  return readUs && ((percentile) => readUs(percentile) / 1000);
}

function summaryReader({ p50, p75, p80, p90, p95, p98, p99, p999 }: LatencySummary): Reader {
  const known = new Map([
    [50, p50],
    [75, p75],
    [80, p80],
    [90, p90],
    [95, p95],
    [98, p98],
    [99, p99],
    [99.9, p999],
  ]);
  return (percentile) => known.get(percentile);
}

/** So many requests took this long: from one in `fromOneIn` to one in `toOneIn` took longer. */
export interface CurveStep {
  readonly fromOneIn: number;
  readonly toOneIn: number;
  readonly ms: number;
}

/**
 * The distribution as it was measured: a step for each value that the histogram tells apart, the last as wide as one request of
 * them all makes it. `undefined` where the histogram is missing, damaged or of other values.
 */
export function percentileSteps({
  histogram,
  count,
  min = 0,
  max = 0,
}: LatencySummary): CurveStep[] | undefined {
  const slots = histogram === undefined ? undefined : histogramSlots(histogram);
  if (slots === undefined || slots.reduce((sum, slot) => sum + slot.count, 0) !== count) return undefined;
  let below = 0;
  return slots.map((slot) => {
    const fromOneIn = count / (count - below);
    below += slot.count;
    const ms = Math.min(Math.max((slot.high - 1) / 1000, min), max);
    // Behind the last request there is nothing: it ends where one in all of them does.
    return { fromOneIn, toOneIn: count / Math.max(1, count - below), ms };
  });
}
