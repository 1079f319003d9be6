import type { LatencySummary } from '../../model/latency.js';
import type { RunReport } from '../../model/report.js';
import { wrap } from './display-width.js';
import type { Paint } from './paint.js';
import { renderTable } from './table.js';
import { timeColumns } from './time-table.js';

/** The times that a log's format carries, by nginx's names for them; no lines when it carries none. */
export function logTimeTable(run: RunReport, width: number, paint: Paint): string[] {
  const isTimedTwice = run.load.model === 'open';
  const rows: readonly (readonly [label: string, times: LatencySummary])[] = [
    ...(isTimedTwice ? [['request', run.responseMs] as const] : []),
    ['upstream', run.serviceMs],
    ['first byte', run.ttfbMs],
    ['connect', run.connectMs],
  ];
  const known = rows.filter(([, { count }]) => count > 0);
  if (known.length === 0) return [];
  const legend = [
    ...(isTimedTwice ? ['request is $request_time'] : []),
    ...(run.serviceMs.count > 0 ? ['upstream and first byte are those of the attempt that served'] : []),
    ...(run.connectMs.count > 0 ? ['connect counts every attempt'] : []),
  ].join('; ');
  return [
    ...renderTable(timeColumns(known), width, paint),
    ...wrap(legend, width - 2).map((line) => paint.dim(`  ${line}`)),
  ];
}
