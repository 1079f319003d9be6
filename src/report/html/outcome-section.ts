import { timesOfRun } from '../../figures/catalogue.js';
import { errorRatio, retryCount } from '../../figures/counts.js';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMs,
  formatPercent,
  formatRate,
} from '../../figures/format.js';
import type { OutcomeCounts, RunReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import type { MarkupElement } from './markup.js';
import { numbers, type TableColumn, table } from './table.js';

const failureKinds: readonly (readonly [key: keyof OutcomeCounts, head: string])[] = [
  ['connectErrors', 'connect errors'],
  ['resets', 'resets'],
  ['timeouts', 'timeouts'],
  ['malformed', 'malformed'],
  ['closed', 'closed early'],
  ['cancelled', 'cancelled'],
  ['droppedStarts', 'never started'],
];

const mostStatuses = 12;
const nameColumn: TableColumn<RunReport> = {
  head: 'run',
  text: true,
  cell: ({ name }) => sanitize(name, 60),
};

/** How the requests of each run ended. Kinds of failure that no run saw have no column. */
export function outcomeTable(runs: readonly RunReport[]): MarkupElement {
  const codes = [...new Set(runs.flatMap(({ status }) => Object.keys(status)))].sort().slice(0, mostStatuses);
  const kinds = failureKinds.filter(([key]) => runs.some(({ outcomes }) => outcomes[key] > 0));
  return table(
    'How the requests ended, by run',
    [
      nameColumn,
      { head: 'started', cell: ({ outcomes }) => formatCount(outcomes.started) },
      { head: 'responses', cell: ({ outcomes }) => formatCount(outcomes.responses) },
      ...codes.map((code) => ({
        head: `status ${sanitize(code, 12)}`,
        cell: ({ status }: RunReport) => formatCount(status[code] ?? 0),
      })),
      ...kinds.map(([key, head]) => ({
        head,
        cell: ({ outcomes }: RunReport) => formatCount(outcomes[key]),
      })),
      { head: 'errors', cell: (run) => formatPercent(errorRatio(run)) },
      { head: 'retries', cell: (run) => formatCount(retryCount(run)) },
      { head: 'unattributed', cell: ({ unattributed }) => formatCount(unattributed) },
    ],
    runs,
  );
}

/** What each run was asked to do and what it moved. */
export function loadTable(runs: readonly RunReport[]): MarkupElement {
  return numbers(
    'Load',
    'the load of each run',
    [
      nameColumn,
      { head: 'balancer', text: true, cell: ({ balancer }) => sanitize(balancer, 120) },
      { head: 'engine', text: true, cell: ({ engine }) => sanitize(engine, 40) },
      { head: 'model', text: true, cell: ({ load }) => load.model },
      { head: 'in flight at most', cell: ({ load }) => formatCount(load.concurrency) },
      {
        head: 'due per second',
        cell: ({ load }) => (load.model === 'open' ? formatRate(load.ratePerSec) : '–'),
      },
      { head: 'duration', cell: ({ load }) => formatDuration(load.durationMs) },
      { head: 'received', cell: ({ bytes }) => formatBytes(bytes.received) },
      { head: 'sent', cell: ({ bytes }) => formatBytes(bytes.sent) },
    ],
    runs,
  );
}

type ClockRow = readonly [run: string, clock: string, times: RunReport['serviceMs']];

/** Every clock of every run, and the service time of each kind of request. */
export function clockTable(runs: readonly RunReport[]): MarkupElement {
  const rows = runs.flatMap((run): ClockRow[] => {
    const label = sanitize(run.name, 60);
    return [
      ...timesOfRun(run).map(({ head, times }): ClockRow => [label, head, times]),
      ...run.requests.map((request): ClockRow => [label, sanitize(request.name, 60), request.serviceMs]),
    ];
  });
  const statistics = ['min', 'mean', 'stddev', 'p50', 'p90', 'p95', 'p99', 'p999', 'max'] as const;
  return numbers<ClockRow>(
    'All times',
    'all times in milliseconds, by run, clock and kind of request',
    [
      { head: 'run', text: true, cell: ([run]) => run },
      { head: 'time', text: true, cell: ([, clock]) => clock },
      { head: 'count', cell: ([, , times]) => formatCount(times.count) },
      ...statistics.map((key) => ({
        head: key === 'p999' ? 'p99.9' : key,
        cell: ([, , times]: ClockRow) => formatMs(times[key]),
      })),
    ],
    rows,
  );
}
