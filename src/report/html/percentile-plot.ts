import * as Plot from '@observablehq/plot';
import { formatMs } from '../../figures/format.js';
import type { LatencySummary } from '../../model/latency.js';
import { areaOpacity, seriesColor, seriesDash } from './chart.js';
import type { CurvePoint } from './percentile-curve.js';

/** The times of one thing by percentile. */
export interface Curve {
  readonly name: string;
  /** Index of its colour; `undefined` where it has none of its own. */
  readonly color: number | undefined;
  readonly times: LatencySummary;
  readonly points: readonly CurvePoint[];
}

/** Above this ratio of largest to smallest median a linear scale shows one curve and flattens the others. */
const logAbove = 40;

/**
 * The options of a chart of percentile curves: the tail is stretched so that each nine takes the same room.
 *
 * @param others curves that are drawn as one band, from the lowest to the highest of them
 * @param scaleMs the longest time of all charts that are to be compared with this one
 */
export function percentileOptions(
  curves: readonly Curve[],
  others: readonly Curve[],
  scaleMs: number,
  width: number,
): Plot.PlotOptions {
  const all = [...curves, ...others];
  const points = all.flatMap(({ points }) => points);
  const least = (times: readonly (number | undefined)[]) =>
    times.reduce<number>(
      (low, ms) => (ms !== undefined && ms > 0 ? Math.min(low, ms) : low),
      Number.POSITIVE_INFINITY,
    );
  const smallest = Math.max(0.001, least(points.map(({ ms }) => ms)));
  const logarithmic = scaleMs > logAbove * least(all.map(({ times }) => times.p50));
  const longest = points.reduce((most, { oneIn }) => Math.max(most, oneIn), 100);
  const ticks = [1, 2, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7].filter((oneIn) => oneIn <= longest * 1.05);
  const small = width < 600;
  return {
    height: small ? 240 : 310,
    marginLeft: 50,
    marginRight: small ? 14 : 22,
    marginTop: 24,
    marginBottom: 28,
    x: {
      type: 'log',
      domain: [1, longest],
      ticks: small ? ticks.filter((oneIn) => oneIn !== 2) : ticks,
      tickFormat: percentileText,
      tickSize: 4,
      label: null,
      grid: true,
    },
    y: {
      type: logarithmic ? 'log' : 'linear',
      domain: [logarithmic ? smallest : 0, scaleMs],
      ...(logarithmic ? { ticks: 4 } : { ticks: 5 }),
      tickFormat: (ms: number) => formatMs(ms).replace(/\.0+$/, ''),
      tickSize: 0,
      label: logarithmic ? 'ms, logarithmic' : 'ms',
      labelArrow: false,
      grid: true,
    },
    marks: [
      Plot.areaY(rangeOf(others), {
        x: 'oneIn',
        y1: 'low',
        y2: 'high',
        fill: seriesColor(undefined),
        fillOpacity: areaOpacity,
        curve: 'monotone-x',
      }),
      ...curves.flatMap(({ points, color }) => [
        Plot.line(points, {
          x: 'oneIn',
          y: 'ms',
          stroke: seriesColor(color),
          strokeWidth: 2,
          curve: 'monotone-x',
          ...dashOf(color),
        }),
        Plot.dot(points.slice(-1), { x: 'oneIn', y: 'ms', r: 2.5, fill: seriesColor(color) }),
      ]),
    ],
  };
}

function dashOf(index: number | undefined): { strokeDasharray?: string } {
  const dash = seriesDash(index);
  return dash === undefined ? {} : { strokeDasharray: dash };
}

/** 1 as `0 %`, 2 as `50 %`, 1000 as `99.9 %`. */
function percentileText(oneIn: number): string {
  return `${Number((100 - 100 / oneIn).toFixed(6))} %`;
}

interface Range {
  readonly oneIn: number;
  readonly low: number;
  readonly high: number;
}

/** Where the curves lie at each percentile that any of them reaches, and last where they end. */
function rangeOf(curves: readonly Curve[]): Range[] {
  const ranges = new Map<number, Range>();
  for (const { percentile, ms, oneIn } of curves.flatMap(({ points }) => points)) {
    const range = ranges.get(percentile) ?? { oneIn, low: ms, high: ms };
    ranges.set(percentile, {
      oneIn: Math.max(range.oneIn, oneIn),
      low: Math.min(range.low, ms),
      high: Math.max(range.high, ms),
    });
  }
  return [...ranges.values()].toSorted((a, b) => a.oneIn - b.oneIn);
}
