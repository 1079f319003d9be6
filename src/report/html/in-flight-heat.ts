import * as Plot from '@observablehq/plot';
import type { RunReport } from '../../model/report.js';
import { formatCount, formatMs } from '../format.js';
import { sanitize } from '../sanitize.js';
import { chart } from './chart.js';
import { element, type MarkupElement } from './markup.js';
import { labelWidth, rowLabels } from './row-labels.js';
import { eventMarks, timeColumn, timeFigure, timeMargins, timeScale, timeUnit } from './time-figure.js';
import type { TimeBin } from './timeline-bins.js';

const mostHeatRows = 16;
const heatRowHeight = 22;
/** Shades that can be told apart; cells of one shade are one shape. */
const shades = 20;

/** Requests in flight at each backend over time; the darker the more. `scale` is the most of any run. */
export function inFlightOverTime(
  run: RunReport,
  title: string,
  bins: readonly TimeBin[],
  scale: number,
): MarkupElement {
  return timeFigure(
    title,
    bins,
    chart('half', inFlightLabel(run, title), (width) => heatOptions(run, bins, scale, width)),
    [
      timeColumn,
      ...run.backends.slice(0, mostHeatRows).map(({ address }, index) => ({
        head: sanitize(address, 60),
        cell: ({ inFlight }: TimeBin) => formatMs(inFlight[index]),
      })),
    ],
    `mean requests in flight at each backend over time under ${title}`,
  );
}

/** What the shades of the heat maps mean. */
export function heatLegend(scale: number): MarkupElement {
  return element(
    'ul',
    { class: 'legend' },
    [0, 0.25, 0.5, 0.75, 1].map((shade) =>
      element(
        'li',
        {},
        element(
          'svg',
          { width: 20, height: 12, viewBox: '0 0 20 12', 'aria-hidden': 'true' },
          element('rect', { width: 20, height: 12, class: 'heat-ground' }),
          element('rect', { width: 20, height: 12, fill: 'var(--heat)', 'fill-opacity': shade }),
        ),
        `${formatMs(scale * shade)}${shade === 1 ? ' in flight' : ''}`,
      ),
    ),
  );
}

function heatOptions(
  run: RunReport,
  bins: readonly TimeBin[],
  scale: number,
  width: number,
): Plot.PlotOptions {
  const unit = timeUnit(bins);
  const backends = run.backends.slice(0, mostHeatRows);
  const cells = bins
    .flatMap(({ fromMs, toMs, inFlight }) =>
      backends.map((_, index) => ({
        from: fromMs / unit.ms,
        to: toMs / unit.ms,
        index,
        shade: shadeOf(inFlight[index], scale),
      })),
    )
    .filter(({ shade }) => shade > 0);
  const labels = backends.map(({ address }) => sanitize(address, 24));
  const marginLeft = labelWidth(labels, width);
  return {
    ...timeMargins,
    marginLeft,
    height: backends.length * heatRowHeight + timeMargins.marginTop + timeMargins.marginBottom,
    // Whole pixels, so that neighbours leave no seam.
    x: { ...timeScale(bins, unit), round: true },
    y: { domain: backends.map((_, index) => index), axis: null, padding: 0.08 },
    opacity: { type: 'identity' },
    marks: [
      rowLabels(labels, marginLeft),
      Plot.barX(
        backends.map((_, index) => index),
        {
          x1: 0,
          x2: (bins.at(-1)?.toMs ?? 0) / unit.ms,
          y: (index: number) => index,
          fill: 'var(--heat-ground)',
        },
      ),
      Plot.barX(cells, {
        x1: 'from',
        x2: 'to',
        y: 'index',
        fill: 'var(--heat)',
        fillOpacity: 'shade',
        shapeRendering: 'crispEdges',
      }),
      eventMarks(run, unit),
    ],
  };
}

/** 0 to 1: how dark a cell is. */
function shadeOf(inFlight: number | undefined, scale: number): number {
  const part = scale > 0 ? Math.min(1, (inFlight ?? 0) / scale) : 0;
  return Math.round(part * shades) / shades;
}

function inFlightLabel({ backends }: RunReport, title: string): string {
  const parts = backends
    .slice(0, mostHeatRows)
    .map(
      ({ address, meanInFlight, peakInFlight }) =>
        `${sanitize(address, 40)} ${formatMs(meanInFlight)}, peak ${formatCount(peakInFlight)}`,
    );
  return `Requests in flight over time under ${title}; mean over the whole run ${parts.join('; ')}`;
}
