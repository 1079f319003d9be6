import { timesOfRun } from '../../figures/catalogue.js';
import { errorRatio, retryCount } from '../../figures/counts.js';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMs,
  formatPercent,
  formatRate,
  notAvailable,
} from '../../figures/format.js';
import type { OutcomeCounts, RunReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { type Column, columnsOver, name } from '../blocks/block.js';
import { failedCheckTable } from '../blocks/checks.js';
import { numbers, tableElement } from '../render/html.js';
import type { MarkupElement } from '../render/markup.js';

const failureKinds: readonly (readonly [key: keyof OutcomeCounts, head: string])[] = [
  ['connectErrors', 'connect errors'],
  ['resets', 'resets'],
  ['timeouts', 'timeouts'],
  ['malformed', 'malformed'],
  ['closed', 'closed early'],
  ['truncated', 'truncated streams'],
  ['streamErrors', 'errors in streams'],
  ['emptyStreams', 'empty streams'],
  ['failedChecks', 'failed checks'],
  ['cancelled', 'cancelled'],
  ['droppedStarts', 'never started'],
];

const mostStatuses = 12;

function table(columns: readonly Column[]) {
  return { kind: 'table', columns } as const;
}

/** How the requests of each run ended. Kinds of failure that no run saw have no column. */
export function outcomeTable(runs: readonly RunReport[]): MarkupElement {
  const codes = [...new Set(runs.flatMap(({ status }) => Object.keys(status)))].sort().slice(0, mostStatuses);
  const kinds = failureKinds.filter(([key]) => runs.some(({ outcomes }) => (outcomes[key] ?? 0) > 0));
  const { text, figure } = columnsOver(runs);
  return tableElement(
    'How the requests ended, by run',
    table([
      text('run', (run) => name(run.name)),
      figure('started', ({ outcomes }) => formatCount(outcomes.started)),
      figure('responses', ({ outcomes }) => formatCount(outcomes.responses)),
      ...codes.map((code) =>
        figure(`status ${sanitize(code, 12)}`, ({ status }) => formatCount(status[code] ?? 0)),
      ),
      ...kinds.map(([key, head]) => figure(head, ({ outcomes }) => formatCount(outcomes[key]))),
      figure('errors', (run) => formatPercent(errorRatio(run))),
      figure('retries', (run) => formatCount(retryCount(run))),
      figure('unattributed', ({ unattributed }) => formatCount(unattributed)),
    ]),
  );
}

/** The checks that responses failed; nothing where all held. */
export function checkTable(runs: readonly RunReport[]): MarkupElement | undefined {
  const table = failedCheckTable(runs);
  return table && tableElement('Checks that responses failed', table);
}

/** What each run was asked to do and what it moved. */
export function loadTable(runs: readonly RunReport[]): MarkupElement {
  const { text, figure } = columnsOver(runs);
  return numbers(
    'Load',
    'the load of each run',
    table([
      text('run', (run) => name(run.name)),
      text('balancer', ({ balancer }) => ({ text: balancer, is: 'sentence' })),
      text('engine', ({ engine }) => name(engine)),
      text('model', ({ load }) => load.model),
      figure('in flight at most', ({ load }) => formatCount(load.concurrency)),
      figure('due per second', ({ load }) => (load.model === 'open' ? formatRate(load.ratePerSec) : '–')),
      figure('duration', ({ load }) => formatDuration(load.durationMs)),
      figure('received', ({ bytes }) => formatBytes(bytes.received)),
      figure('sent', ({ bytes }) => formatBytes(bytes.sent)),
    ]),
  );
}

/** Every clock of every run, and the service time of each kind of request. */
export function clockTable(runs: readonly RunReport[]): MarkupElement {
  const rows = runs.flatMap((run) => [
    ...timesOfRun(run).flatMap(({ head, times, successes }) => [
      { run: run.name, clock: head, times },
      ...(successes === undefined || successes.count === times.count
        ? []
        : [{ run: run.name, clock: `${head} without errors`, times: successes }]),
    ]),
    ...run.requests.map((request) => ({
      run: run.name,
      clock: name(request.name),
      times: request.serviceMs,
    })),
  ]);
  const { text, figure } = columnsOver(rows);
  const statistics = ['min', 'mean', 'stddev', 'p50', 'p90', 'p95', 'p99', 'p999', 'max'] as const;
  return numbers(
    'All times',
    'all times in milliseconds, by run, clock and kind of request',
    table([
      text('run', ({ run }) => name(run)),
      text('time', ({ clock }) => clock),
      figure('count', ({ times }) => formatCount(times.count)),
      ...statistics.map((key) => figure(key === 'p999' ? 'p99.9' : key, ({ times }) => formatMs(times[key]))),
    ]),
  );
}

/** Whether requests went where the model of nginx's method has them, and what became of the keys; nothing where it was not checked. */
export function placementTable(runs: readonly RunReport[]): MarkupElement | undefined {
  const rows = runs.flatMap(({ name, prediction }) =>
    prediction === undefined ? [] : [{ name, ...prediction }],
  );
  if (rows.length === 0) return undefined;
  const { text, figure } = columnsOver(rows);
  return tableElement(
    'Placements held against the model of the method, by run',
    table([
      text('run', (run) => name(run.name)),
      figure('placements', ({ checked }) => formatCount(checked)),
      figure('as modelled', ({ checked, asPredicted }) =>
        formatPercent(checked > 0 ? asPredicted / checked : undefined),
      ),
      figure('not comparable', ({ notComparable }) => formatCount(notComparable)),
      figure('keys', ({ keys }) =>
        keys === undefined ? notAvailable : `${keys.capped ? 'over ' : ''}${formatCount(keys.distinct)}`,
      ),
      figure('moved', ({ keys }) => formatPercent(keys?.movedRatio)),
    ]),
  );
}

/** The client's counts beside those of nginx's log; nothing where no log was read. */
export function reconciliationTable(runs: readonly RunReport[]): MarkupElement | undefined {
  const rows = runs.flatMap(({ name, reconciliation }) =>
    reconciliation === undefined ? [] : [{ name, ...reconciliation }],
  );
  if (rows.length === 0) return undefined;
  const { text, figure } = columnsOver(rows);
  return tableElement(
    "What the client saw beside nginx's log, by run",
    table([
      text('run', (run) => name(run.name)),
      figure('responses', ({ clientResponses }) => formatCount(clientResponses)),
      figure('lines in the log', ({ logLines }) => formatCount(logLines)),
      figure('given up', ({ givenUp }) => formatCount(givenUp)),
      text('differences', ({ differences }) =>
        differences.length === 0 ? 'none' : { text: differences.slice(0, 5).join('; '), is: 'sentence' },
      ),
    ]),
  );
}
