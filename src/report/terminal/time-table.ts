import { timesOfRun } from '../../figures/catalogue.js';
import { formatCount, formatMs } from '../../figures/format.js';
import type { LatencySummary } from '../../model/latency.js';
import type { RunReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { wrap } from './display-width.js';
import type { Paint } from './paint.js';
import { type Column, renderTable } from './table.js';

type Row = readonly [label: string, times: LatencySummary];

const statistics = [
  ['min', ({ min }: LatencySummary) => min, 4],
  ['mean', ({ mean }: LatencySummary) => mean, 3],
  ['sd', ({ stddev }: LatencySummary) => stddev, 5],
  ['p50', ({ p50 }: LatencySummary) => p50, 0],
  ['p90', ({ p90 }: LatencySummary) => p90, 2],
  ['p95', ({ p95 }: LatencySummary) => p95, 6],
  ['p99', ({ p99 }: LatencySummary) => p99, 0],
  ['p99.9', ({ p999 }: LatencySummary) => p999, 1],
  ['max', ({ max }: LatencySummary) => max, 0],
] as const;

/** How long requests took by the clocks that the load model has; below service time its parts by request, if several. */
export function timeTable(run: RunReport, width: number, paint: Paint): string[] {
  const all = timesOfRun(run);
  const rowsOf = (isShown: (name: string) => boolean) =>
    all.filter(({ name }) => isShown(name)).map(({ head, times }): Row => [head, times]);
  const isWhole = (name: string) => name === 'response' || name === 'service';
  const requests = run.requests.length > 1 ? run.requests : [];
  const rows: Row[] = [
    ...rowsOf((name) => isWhole(name) && (run.load.model === 'open' || name === 'response')),
    ...requests.map(({ name, serviceMs }): Row => [`  ${sanitize(name, 60)}`, serviceMs]),
    ...rowsOf((name) => !isWhole(name)),
  ];
  if (rows.every(([, { count }]) => count === 0)) return ['  There was no response to time.'];
  const lines = renderTable(timeColumns(rows), width, paint);
  if (run.load.model === 'open') {
    const legend = 'response counts from when a request was due, service from when it started';
    lines.push(...wrap(legend, width - 2).map((line) => paint.dim(`  ${line}`)));
  }
  return lines;
}

/** The columns of a table of times, a row for each distribution. */
export function timeColumns(rows: readonly Row[]): Column[] {
  return [
    { head: 'Time (ms)', align: 'left', dropOrder: 0, cells: rows.map(([label]) => label) },
    { head: 'count', align: 'right', dropOrder: 7, cells: rows.map(([, { count }]) => formatCount(count)) },
    ...statistics.map(
      ([head, figure, dropOrder]): Column => ({
        head,
        align: 'right',
        dropOrder,
        cells: rows.map(([, times]) => formatMs(figure(times))),
      }),
    ),
  ];
}
