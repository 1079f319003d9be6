import { scaleBand } from 'd3-scale';
import { formatCount, formatMs } from '../../figures/format.js';
import type { RunGroup } from '../../figures/run-groups.js';
import type { BackendReport, RunReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { titleOf } from '../blocks/side-by-side.js';
import { element, type MarkupElement } from '../render/markup.js';
import { labelWidth, rowLabel, rowLabels } from './axes.js';
import { furthestBackends } from './backend-colors.js';
import { type ChartSize, chart, type Drawing, gridFor, sizeFor } from './chart.js';
import { PathData } from './path-data.js';
import {
  binHints,
  binsOf,
  endOf,
  eventMarks,
  type TimeBin,
  timeAxis,
  timeFigure,
  timeFrame,
  timeScale,
} from './time-figure.js';

const mostRows = 16;
const rowHeight = 22;

/** A backend with a row of its own, and its place in the run. */
interface HeatRow extends BackendReport {
  readonly place: number;
}

/** What the cells of a heat map count: `requests in flight`, and how one is called behind a number. */
export interface HeatWords {
  readonly what: string;
  readonly short: string;
}

const inFlightWords: HeatWords = { what: 'requests in flight', short: 'in flight' };

/** How many requests each backend had in flight, or what else is called so, on one scale for all runs. */
export function inFlightSection(
  shown: readonly RunGroup[],
  words = inFlightWords,
): (MarkupElement | undefined)[] {
  const binned = binsOf(shown);
  const endMs = endOf(binned);
  const size = sizeFor(shown.length);
  const scale = heatScale(binned.flatMap(([, bins]) => bins.flatMap(({ inFlight }) => inFlight)));
  const runs = shown.map(({ typical }) => typical);
  const addresses = heatAddresses(runs);
  const most = runs.reduce((longest, { backends }) => Math.max(longest, backends.length), 0);
  const notes = [
    ...(scale.bent ? ['Shades follow the square root, so that what is small still shows.'] : []),
    ...(most > addresses.length
      ? [`Rows: the ${addresses.length} backends whose work differs most; the others are in the JSON report.`]
      : []),
  ];
  return [
    notes.length === 0 ? undefined : element('p', { class: 'note' }, notes.join(' ')),
    heatLegend(scale, words),
    element(
      'div',
      { class: gridFor(shown.length) },
      binned.map(([group, bins]) =>
        inFlightOverTime(group.typical, titleOf(group), bins, addresses, { scale, endMs, size, words }),
      ),
    ),
  ];
}

/** Addresses of the backends that have rows: all, or those whose work differs most from that of the others in any run. */
function heatAddresses(runs: readonly RunReport[]): readonly string[] {
  return furthestBackends(runs, offOthersInFlight, mostRows);
}

/** Requests in flight at each of the backends over time; the darker the more. */
function inFlightOverTime(
  run: RunReport,
  title: string,
  bins: readonly TimeBin[],
  addresses: readonly string[],
  {
    scale,
    endMs,
    size,
    words,
  }: {
    readonly scale: HeatScale;
    readonly endMs: number;
    readonly size: ChartSize;
    readonly words: HeatWords;
  },
): MarkupElement {
  const rows = run.backends
    .map((backend, place) => ({ ...backend, place }))
    .filter(({ address }) => addresses.includes(address));
  return timeFigure(
    title,
    bins,
    chart(size, inFlightLabel(rows, title, words), (width) =>
      heatMap(run, rows, bins, { scale, endMs, words }, width),
    ),
    rows.map(({ address, place }) => ({
      head: sanitize(address, 60),
      of: ({ inFlight }) => formatMs(inFlight[place]),
    })),
    `mean ${words.what} at each backend over time under ${title}`,
  );
}

/** What the shades of the heat maps mean. */
function heatLegend(scale: HeatScale, { short }: HeatWords): MarkupElement {
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
        `${formatMs(inFlightOf(shade, scale))}${shade === 1 ? ` ${short}` : ''}`,
      ),
    ),
  );
}

function heatMap(
  run: RunReport,
  rows: readonly HeatRow[],
  bins: readonly TimeBin[],
  { scale, endMs, words }: { readonly scale: HeatScale; readonly endMs: number; readonly words: HeatWords },
  width: number,
): Drawing {
  const labels = rows.map(({ address }) => rowLabel(address));
  const height = rows.length * rowHeight + 36;
  const frame = timeFrame(width, height, labelWidth(labels));
  // Whole units, so that neighbours leave no seam.
  const x = timeScale(frame, endMs).rangeRound([frame.left, frame.right]);
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
      binHints(frame, x, bins, ({ inFlight }) =>
        rows.map(
          ({ address, place }) => `${sanitize(address, 40)}: ${formatMs(inFlight[place])} ${words.short}`,
        ),
      ),
    ],
  };
}

function inFlightLabel(rows: readonly HeatRow[], title: string, { what }: HeatWords): string {
  const parts = rows.map(
    ({ address, meanInFlight, peakInFlight }) =>
      `${sanitize(address, 40)} ${formatMs(meanInFlight)}, peak ${formatCount(peakInFlight)}`,
  );
  return `${what[0]?.toUpperCase()}${what.slice(1)} over time under ${title}; mean over the whole run ${parts.join('; ')}`;
}

/** Distance from the mean number in flight of the backend in the middle. */
function offOthersInFlight({ backends }: RunReport): (backend: BackendReport) => number {
  const means = backends.flatMap(({ meanInFlight }) => meanInFlight ?? []).toSorted((a, b) => a - b);
  const middle = means[Math.floor(means.length / 2)] ?? 0;
  return ({ meanInFlight }) => Math.abs((meanInFlight ?? middle) - middle);
}

/** How dark the cells of all heat maps are. */
export interface HeatScale {
  /** What the darkest cell stands for: the most requests in flight. */
  readonly most: number;
  /** Whether shades follow the square root. */
  readonly bent: boolean;
}

/** Shades that can be told apart; cells of one shade are one shape. */
const shades = 20;

/** A typical cell below this part of the most is hardly darker than nothing. */
const paleBelow = 0.25;

/**
 * One scale for all cells. One burst would leave all others almost blank: then shades follow the square root, which shows
 * a sixteenth of the most at a quarter of its darkness.
 */
export function heatScale(cells: readonly number[]): HeatScale {
  const busy = cells.filter((cell) => cell > 0).toSorted((a, b) => a - b);
  const most = busy.at(-1) ?? 0;
  const typical = busy[Math.floor(busy.length / 2)] ?? 0;
  return { most, bent: typical < paleBelow * most };
}

/** 0 to 1: how dark a cell is. */
export function shadeOf(inFlight: number | undefined, { most, bent }: HeatScale): number {
  const part = most > 0 ? Math.min(1, (inFlight ?? 0) / most) : 0;
  return Math.round((bent ? Math.sqrt(part) : part) * shades) / shades;
}

/** What a shade stands for. */
export function inFlightOf(shade: number, { most, bent }: HeatScale): number {
  return most * (bent ? shade ** 2 : shade);
}
