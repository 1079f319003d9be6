import { attributedCount, errorRatio, errorResponses } from '../../figures/counts.js';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatPercent,
  formatQuantity,
  formatRate,
  notAvailable,
} from '../../figures/format.js';
import type { LogReport, RunReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { backendTable } from './backend-table.js';
import { wrap } from './display-width.js';
import { type Figure, figureList } from './figure-list.js';
import { groupTable } from './group-table.js';
import { logTimeTable } from './log-times.js';
import type { Paint } from './paint.js';
import { warningLines } from './run-block.js';
import { spreadFigures } from './spread-lines.js';

/** Access logs from top to bottom: what was read, how it ended, how long it took, who served it, split as asked. */
export function logBlock(run: RunReport, log: LogReport, width: number, paint: Paint): string[] {
  const indented = (lines: readonly string[]) => lines.map((line) => `  ${line}`);
  const lines = [
    ...indented(wrap(readText(run, log), width - 2).map(paint.dim)),
    ...formatTexts(log).flatMap((text) => indented(wrap(text, width - 2, '  ').map(paint.dim))),
    '',
    ...figureList(outcomeFigures(run, log), width, paint),
  ];
  const times = logTimeTable(run, width, paint);
  if (times.length > 0) lines.push('', ...times);
  if (run.backends.length > 0) lines.push('', ...backendTable(run, width, paint));
  const figures = run.backends.length > 0 ? spreadFigures(run) : [];
  // Most formats carry no times, and a line that only says so helps nobody.
  const known = figures.filter(({ value }) => value !== notAvailable);
  const spread = figureList(known, width, paint);
  if (spread.length > 0) lines.push('', ...spread);
  if (log.by !== undefined) lines.push('', ...groupTable(log, width, paint));
  if (run.warnings.length > 0) lines.push('', ...warningLines(run, width, paint));
  return lines;
}

/** Which format the lines are of, or how many are of which. */
function formatTexts({ format, formats }: LogReport): string[] {
  if (formats === undefined) return [`format ${sanitize(format, 160)}`];
  return formats.map(
    ({ format: text, records }) => `format of ${formatQuantity(records, 'request')}: ${sanitize(text, 160)}`,
  );
}

/** `260 lines · 260 requests · 2026-11-22 10:04:04 to 10:04:05 UTC (1 s)`. */
function readText(
  { load }: RunReport,
  { files, physicalLines, records, selected, from, to }: LogReport,
): string {
  const parts = [
    ...(files.length > 1 ? [formatQuantity(files.length, 'file')] : []),
    formatQuantity(physicalLines, 'line'),
    selected === records
      ? formatQuantity(records, 'request')
      : `${formatCount(selected)} of ${formatQuantity(records, 'request')} selected`,
  ];
  if (from !== undefined && to !== undefined) {
    const [fromDay, fromTime] = [from.slice(0, 10), from.slice(11, 19)];
    const [toDay, toTime] = [to.slice(0, 10), to.slice(11, 19)];
    const end = fromDay === toDay ? toTime : `${toDay} ${toTime}`;
    const span = load.durationMs > 0 ? ` (${formatDuration(load.durationMs)})` : '';
    parts.push(`${fromDay} ${fromTime} to ${end} UTC${span}`);
  }
  return parts.join(' · ');
}

function outcomeFigures(run: RunReport, log: LogReport): Figure[] {
  const { outcomes, bytes, status } = run;
  const errors = Object.keys(status).length === 0 ? undefined : errorRatio(run);
  const answered = errorResponses(status);
  const figures: Figure[] = [
    { label: 'Requests/s', value: formatRate(run.rps) },
    { label: 'Requests', value: formatCount(outcomes.responses), note: statusText(status) },
    {
      label: 'Errors',
      value: formatPercent(errors),
      note: answered > 0 ? `${formatQuantity(answered, 'response')} of status 400 and above` : undefined,
      mood: errors !== undefined && errors > 0 ? 'bad' : undefined,
    },
  ];
  const sent = bytes.received ?? bytes.body;
  if (sent !== undefined) {
    const what = bytes.received === undefined ? 'bodies, without headers' : 'to the clients';
    figures.push({ label: 'Sent', value: formatBytes(sent), note: what });
  }
  if (log.notProxied !== undefined && log.notProxied > 0) {
    figures.push({
      label: 'Not proxied',
      value: formatCount(log.notProxied),
      note: 'no backend was asked: local pages, cache hits, requests refused before',
    });
  }
  if (log.noLiveUpstreams !== undefined && log.noLiveUpstreams > 0) {
    figures.push({
      label: 'No backend left',
      value: formatCount(log.noLiveUpstreams),
      note: 'nginx answered itself, because no backend was left to ask',
      mood: 'bad',
    });
  }
  const failed = failedAtLast(run, log);
  if (failed !== undefined && failed > 0) {
    figures.push({
      label: 'Not its answer',
      value: formatCount(failed),
      note: 'counted for the backend that was asked last, but what the client got did not come from it',
      mood: 'doubtful',
    });
  }
  return figures;
}

/** Requests whose last attempt failed too, so that nginx answered or the client gave up. */
function failedAtLast(run: RunReport, { servedFinal }: LogReport): number | undefined {
  if (servedFinal === undefined) return undefined;
  const served = Object.values(servedFinal).reduce((sum, count) => sum + count, 0);
  return attributedCount(run) - served;
}

const statusesShown = 12;

/** `961 × 200, 20 × 502`. */
function statusText(status: Readonly<Record<string, number>>): string | undefined {
  const counts = Object.entries(status).map(
    ([code, count]) => `${formatCount(count)} × ${sanitize(code, 20)}`,
  );
  if (counts.length <= statusesShown) return counts.join(', ');
  return [...counts.slice(0, statusesShown), `${counts.length - statusesShown} more statuses`].join(', ');
}
