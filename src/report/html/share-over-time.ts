import * as Plot from '@observablehq/plot';
import type { RunReport } from '../../model/report.js';
import { formatCount, formatShare } from '../format.js';
import { sanitize } from '../sanitize.js';
import { areaOpacity, chart, legend, seriesColor, seriesCount } from './chart.js';
import type { MarkupElement } from './markup.js';
import { eventMarks, timeColumn, timeFigure, timeMargins, timeScale, timeUnit } from './time-figure.js';
import type { TimeBin } from './timeline-bins.js';

/** How the share of each backend went, stacked up to 100 %; dashed lines where the expected shares divide it. */
export function shareOverTime(run: RunReport, title: string, bins: readonly TimeBin[]): MarkupElement {
  const names = bandNames(run);
  const rows = bins.map(({ counts }) => bandsOf(counts));
  return timeFigure(
    title,
    bins,
    [
      legend(
        names.map((name, color) => ({ name, color })),
        'area',
      ),
      ...chart('half', shareLabel(run, title), () => shareOptions(run, rows, bins)),
    ],
    [
      timeColumn,
      ...run.backends.slice(0, 16).map(({ address }, index) => ({
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
    ...timeMargins,
    height: 190,
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

function shareLabel({ backends }: RunReport, title: string): string {
  const parts = backends
    .slice(0, seriesCount)
    .map(({ address, share }) => `${sanitize(address, 40)} ${formatShare(share)}`);
  return `Share of each backend over time under ${title}, stacked; over the whole run ${parts.join(', ')}`;
}
