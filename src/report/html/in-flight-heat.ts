import { scaleBand } from 'd3-scale';
import { formatCount, formatMs } from '../../figures/format.js';
import type { BackendReport, RunReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { furthestBackends } from './backend-colors.js';
import { chart, type Drawing } from './chart.js';
import { type HeatScale, inFlightOf, shadeOf } from './heat-scale.js';
import { element, type MarkupElement } from './markup.js';
import { PathData } from './path-data.js';
import { labelWidth, rowLabel, rowLabels } from './row-labels.js';
import { eventMarks, timeAxis, timeColumn, timeFigure, timeFrame, timeScale } from './time-figure.js';
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
    chart('half', inFlightLabel(rows, title), (width) => heatMap(run, rows, bins, scale, width)),
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

function heatMap(
  run: RunReport,
  rows: readonly HeatRow[],
  bins: readonly TimeBin[],
  scale: HeatScale,
  width: number,
): Drawing {
  const labels = rows.map(({ address }) => rowLabel(address));
  const height = rows.length * rowHeight + 36;
  const frame = timeFrame(width, height, labelWidth(labels));
  // Whole units, so that neighbours leave no seam.
  const x = timeScale(frame, bins).rangeRound([frame.left, frame.right]);
  const y = scaleBand([...rows.keys()], [frame.top, frame.bottom])
    .round(true)
    .padding(0.08);
  const top = (index: number) => y(index) ?? 0;
  const ground = new PathData();
  for (const index of rows.keys()) {
    ground.rectangle(x(0), top(index), x(bins.at(-1)?.toMs ?? 0) - x(0), y.bandwidth());
  }
  // Cells of one shade are one shape: a map has hundreds of them.
  const shades = new Map<number, PathData>();
  for (const { fromMs, toMs, inFlight } of bins) {
    for (const [index, { place }] of rows.entries()) {
      const shade = shadeOf(inFlight[place], scale);
      if (shade === 0) continue;
      const cells = shades.get(shade) ?? new PathData();
      shades.set(shade, cells);
      cells.rectangle(x(fromMs), top(index), x(toMs) - x(fromMs), y.bandwidth());
    }
  }
  return {
    height,
    shapes: [
      timeAxis(frame, x),
      rowLabels(labels, (index) => top(index) + y.bandwidth() / 2),
      element('path', { fill: 'var(--heat-ground)', d: `${ground}` }),
      element(
        'g',
        { fill: 'var(--heat)', 'shape-rendering': 'crispEdges' },
        [...shades].map(([shade, cells]) => element('path', { 'fill-opacity': shade, d: `${cells}` })),
      ),
      eventMarks(run, frame, x),
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
