import { attributedCount, errorRatio } from '../../figures/counts.js';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatQuantity,
  formatRate,
  notAvailable,
} from '../../figures/format.js';
import type { LogReport, RunReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { backendTable } from './backends.js';
import { type Facts, facts, type Note, type Paragraph } from './block.js';
import { groupBlocks } from './groups.js';
import { answeredErrors, errorFact, notProxiedFact, statusText } from './outcome.js';
import { predictionFacts, spreadFacts } from './spread.js';
import { histogramBlocks, logTimeBlocks } from './times.js';

/** Access logs from top to bottom: what was read, how it ended, how long it took, who served it, split as asked. */
export function logParagraphs(run: RunReport, log: LogReport): Paragraph[] {
  const served = run.backends.length > 0;
  // Most formats carry no times, and a line that only says so helps nobody.
  const spread = served
    ? [...spreadFacts(run), ...predictionFacts(run.prediction)].filter(({ value }) => value !== notAvailable)
    : [];
  return [
    [
      { kind: 'heading', text: sanitize(run.name, 200) },
      { kind: 'note', text: readText(run, log), tone: 'quiet' },
      ...formatTexts(log).map((text): Note => ({ kind: 'note', text, tone: 'quiet', isHanging: true })),
    ],
    [outcomeFacts(run, log)],
    logTimeBlocks(run, log.balancer === undefined),
    histogramBlocks(run.responseMs, run.load.model === 'open' ? 'Request (ms)' : 'Upstream (ms)'),
    served ? [backendTable(run)] : [],
    [facts(...spread)],
    groupBlocks(log),
    [{ kind: 'warnings', warnings: run.warnings }],
  ];
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

function outcomeFacts(run: RunReport, log: LogReport): Facts {
  const { outcomes, bytes, status } = run;
  const errors = Object.keys(status).length === 0 ? undefined : errorRatio(run);
  const sent = bytes.received ?? bytes.body;
  const failed = failedAtLast(run, log) ?? 0;
  const { notProxied, noLiveUpstreams = 0 } = log;
  return facts(
    { label: 'Requests/s', value: formatRate(run.rps) },
    { label: 'Requests', value: formatCount(outcomes.responses), note: statusText(status) },
    errorFact(errors, answeredErrors(run)),
    sent === undefined
      ? undefined
      : {
          label: 'Sent',
          value: formatBytes(sent),
          note: bytes.received === undefined ? 'bodies, without headers' : 'to the clients',
        },
    notProxiedFact(notProxied),
    noLiveUpstreams > 0
      ? {
          label: 'No backend left',
          value: formatCount(noLiveUpstreams),
          note: `${sanitize(log.balancer ?? 'nginx', 40)} answered itself, because no backend was left to ask`,
          mood: 'bad',
        }
      : undefined,
    failed > 0
      ? {
          label: 'Not its answer',
          value: formatCount(failed),
          note: 'counted for the backend that was asked last, but what the client got did not come from it',
          mood: 'doubtful',
        }
      : undefined,
  );
}

/** Requests whose last attempt failed too, so that the balancer answered or the client gave up. */
function failedAtLast(run: RunReport, { servedFinal }: LogReport): number | undefined {
  if (servedFinal === undefined) return undefined;
  const served = Object.values(servedFinal).reduce((sum, count) => sum + count, 0);
  return attributedCount(run) - served;
}
