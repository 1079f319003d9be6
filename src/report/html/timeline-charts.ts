import * as Plot from '@observablehq/plot';
import type { RunReport } from '../../model/report.js';
import { formatCount, formatDuration, formatMs, formatShare } from '../format.js';
import { sanitize } from '../sanitize.js';
import { areaOpacity, chart, legend, seriesColor, seriesCount } from './chart.js';
import { element, type MarkupElement } from './markup.js';
import { numbers, type TableColumn } from './table.js';
import type { TimeBin } from './timeline-bins.js';

const margins = { marginLeft: 46, marginRight: 14, marginTop: 8, marginBottom: 24 } as const;
const mostHeatRows = 16;
const heatRowHeight = 24;

/** How the share of each backend went, stacked up to 100 %; dashed lines where the expected shares divide it. */
export function shareOverTime(run: RunReport, title: string, bins: readonly TimeBin[]): MarkupElement {
  const names = bandNames(run);
  const rows = bins.map(({ counts }) => bandsOf(counts));
  return timeFigure(
    title,
    bins,
    [
      legend(names, 'area'),
      ...chart('half', shareLabel(run, title), (width) => shareOptions(run, rows, bins, width)),
    ],
    [
      timeColumn,
      ...run.backends.slice(0, mostHeatRows).map(({ address }, index) => ({
        head: sanitize(address, 60),
        cell: ({ counts }: TimeBin) => {
          const sum = counts.reduce((total, count) => total + count, 0);
          return sum === 0
            ? '–'
            : `${formatShare((counts[index] ?? 0) / sum)} (${formatCount(counts[index])})`;
        },
      })),
    ],
    `share of each backend over time under ${title}`,
  );
}

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
    [0, 0.25, 0.5, 0.75, 1].map((part) =>
      element(
        'li',
        {},
        element(
          'svg',
          { width: 20, height: 12, viewBox: '0 0 20 12', 'aria-hidden': 'true' },
          element('rect', { width: 20, height: 12, class: 'heat-ground' }),
          element('rect', { width: 20, height: 12, fill: 'var(--heat)', 'fill-opacity': part }),
        ),
        `${formatMs(scale * part)}${part === 1 ? ' in flight' : ''}`,
      ),
    ),
  );
}

function timeFigure(
  title: string,
  bins: readonly TimeBin[],
  drawing: readonly (MarkupElement | undefined)[],
  columns: readonly TableColumn<TimeBin>[],
  caption: string,
): MarkupElement {
  const head = element('figcaption', {}, element('strong', {}, title));
  if (bins.length === 0) {
    return element('figure', {}, head, element('p', { class: 'note' }, 'Nothing was recorded over time.'));
  }
  return element('figure', {}, head, drawing, numbers('Numbers', caption, columns, bins));
}

const timeColumn: TableColumn<TimeBin> = {
  head: 'time',
  text: true,
  cell: ({ fromMs, toMs }) => `${formatDuration(fromMs)} – ${formatDuration(toMs)}`,
};

/** A band for each backend; where there are more than colours the last band is all the others. */
function bandsOf(counts: readonly number[]): number[] {
  if (counts.length <= seriesCount) return [...counts];
  const others = counts.slice(seriesCount - 1).reduce((sum, count) => sum + count, 0);
  return [...counts.slice(0, seriesCount - 1), others];
}

function bandNames({ backends }: RunReport): string[] {
  const names = backends.map(({ address }) => sanitize(address, 40));
  if (names.length <= seriesCount) return names;
  return [...names.slice(0, seriesCount - 1), `${names.length - seriesCount + 1} others`];
}

function shareOptions(
  run: RunReport,
  rows: readonly (readonly number[])[],
  bins: readonly TimeBin[],
  width: number,
): Plot.PlotOptions {
  const { backends } = run;
  const unit = timeUnit(bins);
  // A step goes on to the end of the last bin.
  const points = [...bins.entries(), [bins.length - 1, undefined] as const].flatMap(([bin, start]) =>
    (rows[bin] ?? []).map((count, band) => ({
      time: (start === undefined ? (bins.at(-1)?.toMs ?? 0) : start.fromMs) / unit.ms,
      count,
      band,
    })),
  );
  const expected = bandsOf(backends.map(({ expectedShare }) => expectedShare ?? Number.NaN));
  let below = 0;
  const divisions = expected.map((share) => (below += share)).filter((share) => share < 0.9999);
  return {
    ...margins,
    height: width < 400 ? 170 : 200,
    x: timeScale(bins, unit),
    y: {
      domain: [0, 1],
      ticks: 4,
      tickFormat: (share: number) => `${Math.round(share * 100)} %`,
      tickSize: 0,
      label: null,
    },
    marks: [
      Plot.areaY(
        points,
        Plot.stackY(
          { offset: 'normalize', order: 'z' },
          {
            x: 'time',
            y: 'count',
            z: 'band',
            fill: ({ band }: { band: number }) => seriesColor(band),
            fillOpacity: areaOpacity,
            curve: 'step-after',
          },
        ),
      ),
      Plot.ruleY(divisions, { stroke: 'var(--ground)', strokeWidth: 3, strokeOpacity: 0.7 }),
      Plot.ruleY(divisions, { stroke: 'var(--ink)', strokeDasharray: '4 3' }),
      eventMarks(run, unit),
    ],
  };
}

/** When backends were made to fail or brought back. */
function eventMarks({ failover }: RunReport, unit: TimeUnit): Plot.Markish {
  const times = (failover?.events ?? []).flatMap(({ doneMs }) =>
    doneMs === undefined ? [] : [doneMs / unit.ms],
  );
  return Plot.ruleX(times, { stroke: 'var(--ink)', strokeWidth: 1.5 });
}

function heatOptions(
  run: RunReport,
  bins: readonly TimeBin[],
  scale: number,
  width: number,
): Plot.PlotOptions {
  const unit = timeUnit(bins);
  const backends = run.backends.slice(0, mostHeatRows);
  const cells = bins.flatMap(({ fromMs, toMs, inFlight }) =>
    backends.map((_, index) => ({
      from: fromMs / unit.ms,
      to: toMs / unit.ms,
      index,
      part: scale > 0 ? Math.min(1, (inFlight[index] ?? 0) / scale) : 0,
    })),
  );
  const labels = backends.map(({ address }) => sanitize(address, 24));
  const widest = Math.max(0, ...labels.map(({ length }) => length));
  return {
    ...margins,
    marginLeft: Math.min(width * 0.38, 12 + 7 * widest),
    height: backends.length * heatRowHeight + margins.marginTop + margins.marginBottom,
    // Whole pixels, so that neighbours leave no seam.
    x: { ...timeScale(bins, unit), round: true },
    y: {
      domain: backends.map((_, index) => index),
      tickFormat: (index: number) => labels[index] ?? '',
      tickSize: 0,
      label: null,
      padding: 0.08,
    },
    opacity: { type: 'identity' },
    marks: [
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
        fillOpacity: 'part',
        shapeRendering: 'crispEdges',
      }),
      eventMarks(run, unit),
    ],
  };
}

interface TimeUnit {
  readonly name: string;
  readonly ms: number;
}

function timeUnit(bins: readonly TimeBin[]): TimeUnit {
  const endMs = bins.at(-1)?.toMs ?? 0;
  if (endMs < 2_000) return { name: 'ms', ms: 1 };
  return endMs < 300_000 ? { name: 's', ms: 1_000 } : { name: 'min', ms: 60_000 };
}

function timeScale(bins: readonly TimeBin[], unit: TimeUnit): Plot.ScaleOptions {
  return {
    domain: [0, (bins.at(-1)?.toMs ?? 0) / unit.ms],
    ticks: 5,
    tickSize: 4,
    tickFormat: (time: number) => `${time} ${unit.name}`,
    label: null,
  };
}

function shareLabel({ backends }: RunReport, title: string): string {
  const parts = backends
    .slice(0, seriesCount)
    .map(({ address, share }) => `${sanitize(address, 40)} ${formatShare(share)}`);
  return `Share of each backend over time under ${title}, stacked; over the whole run ${parts.join(', ')}`;
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
