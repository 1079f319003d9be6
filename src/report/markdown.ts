import { errorRatio, failures, retryRatio, weightsUnknown } from '../figures/counts.js';
import { formatCount, formatMs, formatPercent, formatRate } from '../figures/format.js';
import { troubleRemarks } from '../figures/trouble.js';
import type { Comparison } from '../model/comparison.js';
import type { LogReport, Report, RunReport } from '../model/report.js';
import { backendTable } from './blocks/backends.js';
import { type Column, columnsOver, name, type Table } from './blocks/block.js';
import { changesByRun, changeTable, evidenceText } from './blocks/changes.js';
import { failedCheckTable } from './blocks/checks.js';
import { groupAddresses, groupTable } from './blocks/groups.js';
import { scenarioName } from './blocks/heading.js';
import { adviceText, successHead } from './blocks/side-by-side.js';
import { stageTable } from './blocks/stages.js';
import { affinityFacts, streamFacts, streamTable } from './blocks/streams.js';
import {
  checkTable,
  codeSpan,
  judged,
  plainText,
  remarkList,
  tableText,
  warningList,
} from './render/markdown.js';

/** GitHub-flavoured Markdown for a pull request or a job summary: the verdict first, then the runs, then each spread. */
export function markdown(report: Report): string {
  const { runs, log, advice } = report;
  const title = scenarioName(report);
  return joined([
    `## ${title === undefined ? 'lbbench' : codeSpan(title, 100)}${judged(report)}`,
    ...remarkList(troubleRemarks(runs)),
    ...checkTable(report),
    runs.length > 0 ? tableText(runTable(runs)) : 'No run was finished.',
    ...(advice === undefined ? [] : [`**Advice:** ${plainText(adviceText(advice))}`]),
    ...runs.flatMap(runTexts),
    ...(log === undefined ? [] : groupTexts(log)),
    `<sub>lbbench ${plainText(report.tool.version, 20)}, started ${plainText(report.startedAt, 30)}, seed ${report.seed}</sub>`,
  ]);
}

/** Reports side by side for a pull request. */
export function comparisonMarkdown(comparison: Comparison): string {
  const files = comparison.reports.map(({ file }) => file);
  return joined([
    `## lbbench compare${judged(comparison)}`,
    ...checkTable(comparison),
    ...changesByRun(comparison.changes).flatMap(([run, changes]) => [
      `### ${codeSpan(run)}`,
      tableText(changeTable(changes, files)),
    ]),
    `<sub>${plainText(evidenceText(comparison))}</sub>`,
    ...warningList({ warnings: comparison.notes.map((text) => ({ text })) }),
  ]);
}

function joined(texts: readonly string[]): string {
  return `${texts.join('\n\n')}\n`;
}

function runTable(runs: readonly RunReport[]): Table {
  const { text, figure } = columnsOver(runs);
  return {
    kind: 'table',
    columns: [
      text('run', (run) => name(run.name, { suffix: run.interrupted ? ' interrupted' : '' })),
      figure('requests', ({ outcomes }) => formatCount(outcomes.started)),
      ...besideSuccesses(runs, 'req/s', '', ({ rps }) => formatRate(rps)),
      ...besideSuccesses(runs, 'p50', ' ms', ({ responseMs }) => formatMs(responseMs.p50)),
      ...besideSuccesses(runs, 'p99', ' ms', ({ responseMs }) => formatMs(responseMs.p99)),
      figure('errors', (run) => formatPercent(errorRatio(run))),
      figure('skew', ({ distribution }) => formatPercent(distribution.skew)),
      figure('chance', ({ distribution }) => formatPercent(distribution.skewNoise)),
      figure('in-flight skew', ({ distribution }) => formatPercent(distribution.inFlightSkew)),
      figure('retries', (run) => formatPercent(retryRatio(run))),
    ],
  };
}

/** A rate or a time of all responses, and beside it that of those without errors where any run has another one. */
function besideSuccesses(
  runs: readonly RunReport[],
  head: string,
  unit: string,
  textOf: (part: Pick<RunReport, 'rps' | 'responseMs'>) => string,
): Column[] {
  const { figure } = columnsOver(runs);
  const ofSuccesses = (run: RunReport) => textOf(run.successes ?? run);
  const all = figure(`${head}${unit}`, textOf);
  return runs.every((run) => textOf(run) === ofSuccesses(run))
    ? [all]
    : [all, figure(`${successHead(head)}${unit}`, ofSuccesses)];
}

function runTexts(run: RunReport): string[] {
  const { backends, outcomes, unattributed, notProxied = 0, warnings } = run;
  const served = backends.length > 0;
  const stages = stageTable([run]);
  const failedChecks = failedCheckTable([run]);
  const facts = failures(outcomes).map(({ count, kind }) => `${formatCount(count)} ${kind}`);
  if (outcomes.droppedStarts > 0) facts.push(`${formatCount(outcomes.droppedStarts)} never started`);
  if (unattributed > 0) facts.push(`${formatCount(unattributed)} unattributed`);
  if (notProxied > 0) facts.push(`${formatCount(notProxied)} not proxied`);
  return [
    `### ${codeSpan(run.name)}`,
    served ? tableText(backendTable(run)) : 'No response could be attributed to a backend.',
    ...(stages === undefined ? [] : [tableText(stages)]),
    ...(served && run.llm !== undefined ? [tableText(streamTable(run))] : []),
    ...[...streamFacts(run), ...affinityFacts(run)].map(({ label, value, note }) =>
      plainText(`${label} ${value}: ${note}.`, 400),
    ),
    ...(served && weightsUnknown(run) ? ['No weights are known, so equal shares are expected.'] : []),
    ...(failedChecks === undefined ? [] : [tableText(failedChecks)]),
    ...(facts.length > 0 ? [`Of ${formatCount(outcomes.started)} requests: ${facts.join(', ')}.`] : []),
    ...warningList({ warnings }),
  ];
}

/** More would make a summary that nobody reads. */
const groupsShown = 50;
const backendsShown = 12;

/** The log split as asked, the requests of each backend side by side; nothing when it was not split. */
function groupTexts(log: LogReport): string[] {
  const { by, groups, others } = log;
  if (by === undefined) return [];
  const backends = groupAddresses(others === undefined ? groups : [...groups, others]).length;
  const [[table] = []] = groupTable(log, groupsShown, backendsShown).shapes;
  const hidden = [
    ...(groups.length > groupsShown ? [`${groups.length - groupsShown} more values`] : []),
    ...(backends > backendsShown ? [`${backends - backendsShown} more backends`] : []),
  ];
  return [
    ...(table === undefined ? [] : [tableText(table)]),
    ...(hidden.length > 0 ? [`${hidden.join(' and ')} in the JSON report.`] : []),
  ];
}
