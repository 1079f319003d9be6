import { formatDuration, formatMs } from '../../figures/format.js';
import type { RunReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { columnsOver } from '../blocks/block.js';
import { backendRows, numbers } from '../render/html.js';
import { element, type MarkupElement } from '../render/markup.js';
import type { BackendColors } from './backend-colors.js';
import { chart, legend, sizeFor } from './chart.js';
import { percentileCurve } from './percentile-curve.js';
import {
  type Curve,
  curvesLabel,
  noTimes,
  percentileName,
  percentilePlot,
  percentilesOf,
} from './percentile-plot.js';

/** Percentiles of a backend that are drawn: fewer than of a run, for it served fewer requests and its chart is small. */
const drawn = new Set([
  ...[0, 10, 25, 50, 75, 90, 95, 98, 99, 99.5, 99.8, 99.9, 99.95, 99.99, 99.999, 99.9999, 100],
]);

/** Service times of a run's backends by percentile: those in colour one by one, all others as a band; the table holds all. */
export function backendLatencyFigure(
  run: RunReport,
  title: string,
  colors: BackendColors,
  scaleMs: number,
  runCount: number,
): MarkupElement {
  const curves = run.backends.map(
    ({ address, serviceMs }): Curve => ({
      name: sanitize(address, 40),
      color: colors.byTime.includes(address) ? colors.of(address) : undefined,
      times: serviceMs,
      points: percentileCurve(serviceMs).filter(({ percentile }) => drawn.has(percentile)),
    }),
  );
  const named = curves.filter(({ color }) => color !== undefined);
  const others = curves.filter(({ color }) => color === undefined);
  const timed = curves.some(({ points }) => points.length > 0);
  return element(
    'figure',
    {},
    element('figcaption', {}, element('strong', {}, title)),
    ...(timed
      ? chart(sizeFor(runCount), `${curvesLabel(title, named)}${othersLabel(others)}`, (width) =>
          percentilePlot(named, others, scaleMs, width),
        )
      : [noTimes]),
    timed ? backendTable(title, curves, runCount) : undefined,
  );
}

/** What the curves of all these figures are called. */
export function backendLatencyLegend(
  runs: readonly RunReport[],
  colors: BackendColors,
): MarkupElement | undefined {
  const named = colors.byTime.map((address) => ({ name: sanitize(address, 40), color: colors.of(address) }));
  const hasOthers = runs.some(({ backends }) =>
    backends.some(({ address }) => !colors.byTime.includes(address)),
  );
  const others = { name: 'all others, fastest to slowest', color: undefined };
  return legend(hasOthers ? [...named, others] : named, 'line');
}

function othersLabel(others: readonly Curve[]): string {
  if (others.length === 0) return '';
  const tails = others.flatMap(({ times }) => times.p99 ?? []).toSorted((a, b) => a - b);
  return `; p99 of ${others.length} others ${formatDuration(tails[0])} to ${formatDuration(tails.at(-1))}`;
}

function backendTable(title: string, curves: readonly Curve[], runCount: number): MarkupElement {
  const most = backendRows(runCount);
  // Where there is not room for all, those with the longest tails.
  const rows =
    curves.length <= most ? curves : curves.toSorted((a, b) => (b.times.p99 ?? 0) - (a.times.p99 ?? 0));
  const { text, figure } = columnsOver(rows);
  const columns = [
    text('backend', ({ name }) => name),
    ...percentilesOf(curves).map((percentile) =>
      figure(`${percentileName(percentile)} ms`, ({ points }) =>
        formatMs(points.find((point) => point.percentile === percentile)?.ms),
      ),
    ),
  ];
  const caption = `service times by percentile and backend under ${title}, in milliseconds`;
  return numbers('Numbers', caption, { kind: 'table', columns }, most);
}
