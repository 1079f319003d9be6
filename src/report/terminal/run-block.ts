import { errorRatio, errorResponses, failures } from '../../figures/counts.js';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatPercent,
  formatQuantity,
  formatRate,
} from '../../figures/format.js';
import type { RunReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { backendTable } from './backend-table.js';
import { wrap } from './display-width.js';
import { failoverBlock } from './failover-block.js';
import { type Figure, figureList } from './figure-list.js';
import type { Paint } from './paint.js';
import { predictionFigures } from './prediction-lines.js';
import { spreadFigures } from './spread-lines.js';
import { timeTable } from './time-table.js';

/** One run from top to bottom: what was sent, what came back, how long it took, who served it, what to beware of. */
export function runBlock(run: RunReport, roundCount: number, width: number, paint: Paint): string[] {
  const marks = [
    ...(roundCount > 1 ? [`the typical of ${roundCount} rounds`] : []),
    ...(run.interrupted ? ['interrupted'] : []),
  ];
  const title = sanitize(run.name, 100) + (marks.length === 0 ? '' : ` (${marks.join(', ')})`);
  const lines = [
    ...wrap(title, width).map(paint.bold),
    ...wrap(loadText(run), width - 2).map((line) => `  ${paint.dim(line)}`),
    '',
    ...figureList(outcomeFigures(run), width, paint),
    '',
    ...timeTable(run, width, paint),
    '',
    ...(run.backends.length === 0
      ? wrap('No response could be attributed to a backend.', width - 2).map((line) => `  ${line}`)
      : backendTable(run, width, paint)),
  ];
  const modelled = run.prediction === undefined ? [] : predictionFigures(run.prediction);
  const spread = figureList([...spreadFigures(run), ...modelled], width, paint);
  if (spread.length > 0) lines.push('', ...spread);
  lines.push(...failoverBlock(run, width, paint));
  if (run.warnings.length > 0) lines.push('', ...warningLines(run, width, paint));
  return lines;
}

/** Warnings of a run, one under the other, `origin` in front of each. */
export function warningLines(run: RunReport, width: number, paint: Paint, origin = ''): string[] {
  return run.warnings.flatMap(({ text }) => {
    const [first = '', ...rest] = wrap(origin + sanitize(text, 1000), width - 4);
    return [`  ${paint.doubtful('!')} ${first}`, ...rest.map((line) => `    ${line}`)];
  });
}

function loadText({ balancer, engine, load, outcomes }: RunReport): string {
  const rate =
    load.model === 'open'
      ? `${formatRate(load.ratePerSec)}/s due, at most ${formatCount(load.concurrency)} in flight`
      : `${formatCount(load.concurrency)} in flight`;
  return [
    sanitize(balancer, 60),
    `${sanitize(engine, 60)} engine`,
    `${formatQuantity(outcomes.started, 'request')}, ${rate}`,
    formatDuration(load.durationMs),
  ].join(' · ');
}

function outcomeFigures(run: RunReport): Figure[] {
  const { outcomes, bytes, load } = run;
  const seconds = load.durationMs / 1000;
  const errors = errorRatio(run);
  const figures: Figure[] = [
    { label: 'Requests/s', value: formatRate(run.rps) },
    { label: 'Responses', value: formatCount(outcomes.responses), note: statusText(run) },
    {
      label: 'Errors',
      value: formatPercent(errors),
      note: errorText(run),
      mood: errors !== undefined && errors > 0 ? 'bad' : undefined,
    },
    {
      label: 'Received',
      value: formatBytes(bytes.received),
      note: `${formatBytes(bytes.body)} of it bodies${seconds > 0 && bytes.received !== undefined ? `; ${formatBytes(bytes.received / seconds)}/s` : ''}`,
    },
  ];
  if (outcomes.droppedStarts > 0) {
    figures.push({
      label: 'Never started',
      value: formatCount(outcomes.droppedStarts),
      note: 'were due while as many as allowed were in flight',
      mood: 'bad',
    });
  }
  return figures;
}

/** `of 1,000 started: 961 × 200, 20 × 502`. */
function statusText({ outcomes, status }: RunReport): string {
  const counts = Object.entries(status).map(
    ([code, count]) => `${formatCount(count)} × ${sanitize(code, 20)}`,
  );
  const shown = counts.length > 12 ? [...counts.slice(0, 12), `${counts.length - 12} more statuses`] : counts;
  return `of ${formatCount(outcomes.started)} started${shown.length === 0 ? '' : `: ${shown.join(', ')}`}`;
}

function errorText({ outcomes, status }: RunReport): string {
  const answered = errorResponses(status);
  const parts = failures(outcomes).map(({ count, kind }) => `${formatCount(count)} ${kind}`);
  if (answered > 0) parts.push(`${formatQuantity(answered, 'response')} of status 400 and above`);
  return parts.join(', ');
}
