import * as Plot from '@observablehq/plot';
import type { LatencySummary } from '../../model/latency.js';
import { formatDuration, formatMs } from '../format.js';
import { type ChartSize, chart, legend, seriesColor, seriesCount, seriesDash } from './chart.js';
import { element, type MarkupElement } from './markup.js';
import { type CurvePoint, percentileCurve } from './percentile-curve.js';
import { numbers } from './table.js';

export interface LatencySeries {
  readonly name: string;
  readonly times: LatencySummary;
}

/** Above this ratio of largest to smallest median a linear scale shows one curve and flattens the others. */
const logAbove = 40;

/**
 * How long requests took, by percentile: the tail is stretched so that each nine takes the same room. `scaleMs` is the
 * longest time of all charts that are to be compared with this one.
 */
export function latencyFigure(
  size: ChartSize,
  title: string,
  series: readonly LatencySeries[],
  scaleMs: number,
): MarkupElement {
  const shown = series
    .slice(0, seriesCount)
    .map(({ name, times }) => ({ name, times, points: percentileCurve(times) }));
  const names = shown.map(({ name }) => name);
  const rest = series.length - shown.length;
  const drawn = shown.some(({ points }) => points.length > 0);
  return element(
    'figure',
    {},
    element('figcaption', {}, element('strong', {}, title), legend(names, 'line')),
    ...(drawn
      ? chart(size, labelOf(title, shown), (width) => options(shown, scaleMs, width))
      : [element('p', { class: 'note' }, 'There was no response to time.')]),
    rest > 0 ? element('p', { class: 'note' }, `${rest} more are in the JSON report.`) : undefined,
    drawn ? curveTable(title, shown) : undefined,
  );
}

interface Curve extends LatencySeries {
  readonly points: readonly CurvePoint[];
}

function options(curves: readonly Curve[], scaleMs: number, width: number): Plot.PlotOptions {
  const medians = curves.flatMap(({ times: { p50 } }) => (p50 === undefined || p50 <= 0 ? [] : [p50]));
  const smallest = Math.max(
    0.001,
    Math.min(...curves.flatMap(({ points }) => points.map(({ ms }) => ms)).filter((ms) => ms > 0)),
  );
  const logarithmic = scaleMs > logAbove * Math.min(...medians);
  const longest = Math.max(100, ...curves.flatMap(({ points }) => points.map(({ oneIn }) => oneIn)));
  const ticks = [1, 2, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7].filter((oneIn) => oneIn <= longest * 1.05);
  const small = width < 600;
  return {
    height: small ? 240 : 310,
    marginLeft: 46,
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
    marks: curves.flatMap(({ points }, index) => [
      Plot.line(points, {
        x: 'oneIn',
        y: 'ms',
        stroke: seriesColor(index),
        strokeWidth: 2,
        curve: 'monotone-x',
        ...dashOf(index),
      }),
      Plot.dot(points.slice(-1), { x: 'oneIn', y: 'ms', r: 2.5, fill: seriesColor(index) }),
    ]),
  };
}

function dashOf(index: number): { strokeDasharray?: string } {
  const dash = seriesDash(index);
  return dash === undefined ? {} : { strokeDasharray: dash };
}

/** 1 as `0 %`, 2 as `50 %`, 1000 as `99.9 %`. */
function percentileText(oneIn: number): string {
  return `${Number((100 - 100 / oneIn).toFixed(6))} %`;
}

function labelOf(title: string, curves: readonly Curve[]): string {
  const parts = curves.map(
    ({ name, times }) =>
      `${name} median ${formatDuration(times.p50)}, p99 ${formatDuration(times.p99)}, longest ${formatDuration(times.max)}`,
  );
  return `${title}: ${parts.join('; ')}`;
}

function curveTable(title: string, curves: readonly Curve[]): MarkupElement {
  const percentiles = [
    ...new Set(curves.flatMap(({ points }) => points.map(({ percentile }) => percentile))),
  ].toSorted((a, b) => a - b);
  return numbers(
    'Numbers',
    `${title}, in milliseconds`,
    [
      {
        head: 'percentile',
        text: true,
        cell: (percentile: number) =>
          percentile === 0 ? 'smallest' : percentile === 100 ? 'largest' : `p${percentile}`,
      },
      ...curves.map(({ name, points }) => ({
        head: `${name} ms`,
        cell: (percentile: number) => formatMs(points.find((point) => point.percentile === percentile)?.ms),
      })),
    ],
    percentiles,
  );
}
