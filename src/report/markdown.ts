import { formatResult } from '../figures/catalogue.js';
import { backendErrors, errorRatio, failures, retryRatio, weightsUnknown } from '../figures/counts.js';
import {
  formatCount,
  formatDeviation,
  formatMs,
  formatPercent,
  formatRate,
  formatShare,
  notAvailable,
} from '../figures/format.js';
import type { BackendReport, Report, RunReport } from '../model/report.js';
import { adviceText } from './advice-text.js';
import { groupBlocks } from './markdown-groups.js';
import { type MarkdownColumn, markdownTable, verdictSigns } from './markdown-table.js';
import { codeSpan, plainText } from './markdown-text.js';
import { scenarioName } from './scenario-name.js';

/** GitHub-flavoured Markdown for a pull request or a job summary: the verdict first, then the runs, then each spread. */
export function markdown(report: Report): string {
  const { runs, thresholds, verdict } = report;
  const name = scenarioName(report);
  const judged = thresholds.length > 0 ? `: ${verdictSigns[verdict]}` : '';
  const blocks = [`## ${name === undefined ? 'lbbench' : codeSpan(name, 100)}${judged}`];
  if (thresholds.length > 0) blocks.push(markdownTable(thresholdColumns, thresholds));
  blocks.push(runs.length > 0 ? markdownTable(runColumns, runs) : 'No run was finished.');
  if (report.advice !== undefined) blocks.push(`**Advice:** ${plainText(adviceText(report.advice))}`);
  for (const run of runs) blocks.push(...runBlocks(run));
  if (report.log !== undefined) blocks.push(...groupBlocks(report.log));
  blocks.push(
    `<sub>lbbench ${plainText(report.tool.version, 20)}, started ${plainText(report.startedAt, 30)}, seed ${report.seed}</sub>`,
  );
  return `${blocks.join('\n\n')}\n`;
}

const thresholdColumns: readonly MarkdownColumn<Report['thresholds'][number]>[] = [
  { head: 'verdict', text: true, cell: ({ verdict }) => verdictSigns[verdict] },
  { head: 'threshold', text: true, cell: ({ rule }) => codeSpan(rule) },
  { head: 'run', text: true, cell: ({ run }) => codeSpan(run) },
  { head: 'value', cell: formatResult },
  { head: 'note', text: true, cell: ({ note }) => plainText(note ?? '') },
];

const runColumns: readonly MarkdownColumn<RunReport>[] = [
  {
    head: 'run',
    text: true,
    cell: ({ name, interrupted }) => `${codeSpan(name)}${interrupted ? ' interrupted' : ''}`,
  },
  { head: 'requests', cell: ({ outcomes }) => formatCount(outcomes.started) },
  { head: 'req/s', cell: ({ rps }) => formatRate(rps) },
  { head: 'p50 ms', cell: ({ responseMs }) => formatMs(responseMs.p50) },
  { head: 'p99 ms', cell: ({ responseMs }) => formatMs(responseMs.p99) },
  { head: 'errors', cell: (run) => formatPercent(errorRatio(run)) },
  { head: 'skew', cell: ({ distribution }) => formatPercent(distribution.skew) },
  { head: 'chance', cell: ({ distribution }) => formatPercent(distribution.skewNoise) },
  { head: 'in-flight skew', cell: ({ distribution }) => formatPercent(distribution.inFlightSkew) },
  { head: 'retries', cell: (run) => formatPercent(retryRatio(run)) },
];

/** Errors have a column where there are any. */
function backendColumns(backends: readonly BackendReport[]): MarkdownColumn<BackendReport>[] {
  const failed = backends.some((backend) => backendErrors(backend) > 0);
  return [
    { head: 'backend', text: true, cell: ({ address }) => codeSpan(address) },
    { head: 'weight', cell: ({ weight }) => (weight === undefined ? notAvailable : String(weight)) },
    { head: 'count', cell: ({ count }) => formatCount(count) },
    { head: 'share', cell: ({ share }) => formatShare(share) },
    { head: 'expected', cell: ({ expectedShare }) => formatShare(expectedShare) },
    { head: 'deviation', cell: ({ deviation }) => formatDeviation(deviation) },
    { head: 'retries', cell: ({ retries }) => formatCount(retries) },
    ...(failed
      ? [{ head: 'errors', cell: (backend: BackendReport) => formatCount(backendErrors(backend)) }]
      : []),
    { head: 'p50 ms', cell: ({ serviceMs }) => formatMs(serviceMs.p50) },
    { head: 'p99 ms', cell: ({ serviceMs }) => formatMs(serviceMs.p99) },
    { head: 'in flight', cell: ({ meanInFlight }) => formatMs(meanInFlight) },
  ];
}

function runBlocks(run: RunReport): string[] {
  const blocks = [`### ${codeSpan(run.name)}`];
  blocks.push(
    run.backends.length > 0
      ? markdownTable(backendColumns(run.backends), run.backends)
      : 'No response could be attributed to a backend.',
  );
  if (run.backends.length > 0 && weightsUnknown(run)) {
    blocks.push('No weights are known, so equal shares are expected.');
  }
  const facts = failures(run.outcomes).map(({ count, kind }) => `${formatCount(count)} ${kind}`);
  if (run.outcomes.droppedStarts > 0) facts.push(`${formatCount(run.outcomes.droppedStarts)} never started`);
  if (run.unattributed > 0) facts.push(`${formatCount(run.unattributed)} unattributed`);
  if (facts.length > 0) blocks.push(`Of ${formatCount(run.outcomes.started)} requests: ${facts.join(', ')}.`);
  if (run.warnings.length > 0) {
    blocks.push(run.warnings.map(({ code, text }) => `- ⚠️ ${codeSpan(code)} ${plainText(text)}`).join('\n'));
  }
  return blocks;
}
