import { formatDuration, formatMs } from '../../figures/format.js';
import type { LatencySummary } from '../../model/latency.js';
import { type ChartSize, chart, legend, seriesCount } from './chart.js';
import { element, type MarkupElement } from './markup.js';
import { percentileCurve } from './percentile-curve.js';
import { type Curve, percentilePlot } from './percentile-plot.js';
import { numbers } from './table.js';

export interface LatencySeries {
  readonly name: string;
  readonly times: LatencySummary;
}

/** How long the requests of each algorithm took, by percentile; those beyond the number of colours are drawn alike. */
export function latencyFigure(
  size: ChartSize,
  title: string,
  series: readonly LatencySeries[],
  scaleMs: number,
): MarkupElement {
  const curves = series.map(({ name, times }, index) => ({
    name,
    times,
    color: index < seriesCount ? index : undefined,
    points: percentileCurve(times),
  }));
  const named = curves.filter(({ color }) => color !== undefined);
  const others = curves.length - named.length;
  const entries = others > 0 ? [...named, { name: `${others} more`, color: undefined }] : named;
  const drawn = curves.some(({ points }) => points.length > 0);
  return element(
    'figure',
    {},
    element('figcaption', {}, element('strong', {}, title), legend(entries, 'line')),
    ...(drawn
      ? chart(size, curvesLabel(title, curves), (width) => percentilePlot(curves, [], scaleMs, width))
      : [noTimes]),
    drawn ? curveTable(title, curves) : undefined,
  );
}

export const noTimes = element('p', { class: 'note' }, 'There was no response to time.');

/** What curves show, in words. */
export function curvesLabel(title: string, curves: readonly Curve[]): string {
  const parts = curves.map(
    ({ name, times }) =>
      `${name} median ${formatDuration(times.p50)}, p99 ${formatDuration(times.p99)}, longest ${formatDuration(times.max)}`,
  );
  return `${title}: ${parts.join('; ')}`;
}

/** The percentiles at which curves have points, from the smallest. */
export function percentilesOf(curves: readonly Curve[]): number[] {
  return [...new Set(curves.flatMap(({ points }) => points.map(({ percentile }) => percentile)))].toSorted(
    (a, b) => a - b,
  );
}

export function percentileName(percentile: number): string {
  if (percentile === 0) return 'smallest';
  return percentile === 100 ? 'largest' : `p${percentile}`;
}

function curveTable(title: string, curves: readonly Curve[]): MarkupElement {
  return numbers(
    'Numbers',
    `${title}, in milliseconds`,
    [
      { head: 'percentile', text: true, cell: percentileName },
      ...curves.map(({ name, points }) => ({
        head: `${name} ms`,
        cell: (percentile: number) => formatMs(points.find((point) => point.percentile === percentile)?.ms),
      })),
    ],
    percentilesOf(curves),
  );
}
