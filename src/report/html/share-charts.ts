import * as Plot from '@observablehq/plot';
import { formatCount, formatDeviation, formatMs, formatShare, notAvailable } from '../../figures/format.js';
import type { BackendReport, RunReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { chart } from './chart.js';
import { element, type MarkupElement } from './markup.js';
import { labelWidth, rowLabel, rowLabels } from './row-labels.js';
import { backendRows, numbers, type TableColumn } from './table.js';

/** Backends with a bar of their own; more would make a chart longer than a page. */
const mostBars = 24;
const rowHeight = 23;
/** Room for the share and for how far it is off, at the largest text. */
const figuresWidth = 130;

/** Share against expected share, a bar for each backend and a mark where it should end. `scale` is the longest share of any run. */
export function shareFigure(run: RunReport, title: string, scale: number, runCount: number): MarkupElement {
  const { backends } = run;
  const furthest = backends.toSorted((a, b) => Math.abs(b.deviation ?? 0) - Math.abs(a.deviation ?? 0));
  const bars = backends.length <= mostBars ? backends : furthest.slice(0, mostBars);
  const most = backendRows(runCount);
  const noise = run.distribution.skewNoise ?? 0;
  return element(
    'figure',
    {},
    element('figcaption', {}, element('strong', {}, title)),
    ...(bars.length === 0
      ? [element('p', { class: 'note' }, 'No response could be attributed to a backend.')]
      : chart('half', shareLabel(title, bars), () => shareOptions(bars, noise, scale))),
    bars.length < backends.length
      ? element(
          'p',
          { class: 'note' },
          `The ${bars.length} of ${formatCount(backends.length)} that are furthest off.`,
        )
      : undefined,
    numbers(
      'Numbers',
      `backends under ${title}`,
      backendColumns,
      backends.length <= most ? backends : furthest,
      most,
    ),
  );
}

function shareOptions(bars: readonly BackendReport[], noise: number, scale: number): Plot.PlotOptions {
  const rows = bars.map((backend, index) => ({ ...backend, index }));
  const marginLeft = labelWidth(bars.map(label));
  const right = { frameAnchor: 'right', textAnchor: 'end', y: 'index' } as const;
  const isOff = ({ deviation }: BackendReport) => Math.abs(deviation ?? 0) > noise;
  return {
    height: rows.length * rowHeight + 4,
    marginLeft,
    marginRight: figuresWidth,
    marginTop: 2,
    marginBottom: 2,
    x: { domain: [0, scale], axis: null },
    y: { domain: rows.map(({ index }) => index), axis: null, padding: 0.3 },
    marks: [
      rowLabels(bars.map(label), marginLeft),
      Plot.barX(rows, {
        x: 'share',
        y: 'index',
        fill: (row: BackendReport) => (isOff(row) ? 'var(--off)' : 'var(--bar)'),
        rx: 2,
      }),
      Plot.tickX(
        rows.filter(({ expectedShare }) => expectedShare !== undefined),
        { x: 'expectedShare', y: 'index', stroke: 'var(--ink)', strokeWidth: 2, inset: -3 },
      ),
      Plot.text(rows, {
        ...right,
        text: ({ share }: BackendReport) => formatShare(share),
        dx: figuresWidth - 72,
      }),
      Plot.text(rows, {
        ...right,
        text: ({ deviation }: BackendReport) => (deviation === undefined ? '' : formatDeviation(deviation)),
        dx: figuresWidth,
        fill: (row: BackendReport) => (isOff(row) ? 'var(--off-text)' : 'var(--soft)'),
      }),
    ],
  };
}

function label(backend: BackendReport): string {
  return rowLabel(backend.address);
}

function shareLabel(title: string, backends: readonly BackendReport[]): string {
  const parts = backends.map(
    (backend) =>
      `${sanitize(backend.address, 40)} ${formatShare(backend.share)} of ${formatShare(backend.expectedShare)} expected`,
  );
  return `Share of each backend under ${title}: ${parts.join(', ')}`;
}

const backendColumns: readonly TableColumn<BackendReport>[] = [
  { head: 'backend', text: true, cell: ({ address }) => sanitize(address, 60) },
  { head: 'weight', cell: ({ weight }) => (weight === undefined ? notAvailable : String(weight)) },
  { head: 'responses', cell: ({ count }) => formatCount(count) },
  { head: 'share', cell: ({ share }) => formatShare(share) },
  { head: 'expected', cell: ({ expectedShare }) => formatShare(expectedShare) },
  { head: 'off by', cell: ({ deviation }) => formatDeviation(deviation) },
  { head: 'retries', cell: ({ retries }) => formatCount(retries) },
  { head: 'p50 ms', cell: ({ serviceMs }) => formatMs(serviceMs.p50) },
  { head: 'p99 ms', cell: ({ serviceMs }) => formatMs(serviceMs.p99) },
  { head: 'in flight, mean', cell: ({ meanInFlight }) => formatMs(meanInFlight) },
  { head: 'peak', cell: ({ peakInFlight }) => formatCount(peakInFlight) },
  {
    head: 'status',
    text: true,
    cell: ({ status }) =>
      Object.entries(status)
        .slice(0, 8)
        .map(([code, count]) => `${formatCount(count)} × ${sanitize(code, 20)}`)
        .join(', '),
  },
];
