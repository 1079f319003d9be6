import * as Plot from '@observablehq/plot';
import { formatCount, formatMs } from '../../figures/format.js';
import type { BackendReport, RunReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { furthestBackends } from './backend-colors.js';
import { chart } from './chart.js';
import { type HeatScale, inFlightOf, shadeOf } from './heat-scale.js';
import { element, type MarkupElement } from './markup.js';
import { labelWidth, rowLabel, rowLabels } from './row-labels.js';
import { eventMarks, timeColumn, timeFigure, timeMargins, timeScale, timeUnit } from './time-figure.js';
import type { TimeBin } from './timeline-bins.js';

const mostRows = 16;
const rowHeight = 22;

/** A backend with a row of its own, and its place in the run. */
interface HeatRow extends BackendReport {
  readonly place: number;
}

/** Addresses of the backends that have rows: all, or those whose work differs most from that of the others in any run. */
export function heatAddresses(runs: readonly RunReport[]): readonly string[] {
  return furthestBackends(runs, offOthersInFlight, mostRows);
}

/** Requests in flight at each of the backends over time; the darker the more. */
export function inFlightOverTime(
  run: RunReport,
  title: string,
  bins: readonly TimeBin[],
  addresses: readonly string[],
  scale: HeatScale,
): MarkupElement {
  const rows = run.backends
    .map((backend, place) => ({ ...backend, place }))
    .filter(({ address }) => addresses.includes(address));
  return timeFigure(
    title,
    bins,
    chart('half', inFlightLabel(rows, title), () => heatOptions(run, rows, bins, scale)),
    [
      timeColumn,
      ...rows.map(({ address, place }) => ({
        head: sanitize(address, 60),
        cell: ({ inFlight }: TimeBin) => formatMs(inFlight[place]),
      })),
    ],
    `mean requests in flight at each backend over time under ${title}`,
  );
}

/** What the shades of the heat maps mean. */
export function heatLegend(scale: HeatScale): MarkupElement {
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
        `${formatMs(inFlightOf(shade, scale))}${shade === 1 ? ' in flight' : ''}`,
      ),
    ),
  );
}

function heatOptions(
  run: RunReport,
  rows: readonly HeatRow[],
  bins: readonly TimeBin[],
  scale: HeatScale,
): Plot.PlotOptions {
  const unit = timeUnit(bins);
  const cells = bins
    .flatMap(({ fromMs, toMs, inFlight }) =>
      rows.map(({ place }, index) => ({
        from: fromMs / unit.ms,
        to: toMs / unit.ms,
        index,
        shade: shadeOf(inFlight[place], scale),
      })),
    )
    .filter(({ shade }) => shade > 0);
  const labels = rows.map(({ address }) => rowLabel(address));
  const marginLeft = labelWidth(labels);
  return {
    ...timeMargins,
    marginLeft,
    height: rows.length * rowHeight + timeMargins.marginTop + timeMargins.marginBottom,
    // Whole pixels, so that neighbours leave no seam.
    x: { ...timeScale(bins, unit), round: true },
    y: { domain: rows.map((_, index) => index), axis: null, padding: 0.08 },
    opacity: { type: 'identity' },
    marks: [
      rowLabels(labels, marginLeft),
      Plot.barX(
        rows.map((_, index) => index),
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

function inFlightLabel(rows: readonly HeatRow[], title: string): string {
  const parts = rows.map(
    ({ address, meanInFlight, peakInFlight }) =>
      `${sanitize(address, 40)} ${formatMs(meanInFlight)}, peak ${formatCount(peakInFlight)}`,
  );
  return `Requests in flight over time under ${title}; mean over the whole run ${parts.join('; ')}`;
}

/** Distance from the mean number in flight of the backend in the middle. */
function offOthersInFlight({ backends }: RunReport): (backend: BackendReport) => number {
  const means = backends.flatMap(({ meanInFlight }) => meanInFlight ?? []).toSorted((a, b) => a - b);
  const middle = means[Math.floor(means.length / 2)] ?? 0;
  return ({ meanInFlight }) => Math.abs((meanInFlight ?? middle) - middle);
}
