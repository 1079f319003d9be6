import { groupsOf } from '../figures/run-groups.js';
import type { LogReport, Report, RunReport } from '../model/report.js';
import { sanitize } from '../text/sanitize.js';
import { adviceText } from './advice-text.js';
import { scenarioName } from './scenario-name.js';
import { comparison } from './terminal/comparison.js';
import { wrap } from './terminal/display-width.js';
import { logBlock } from './terminal/log-block.js';
import { type Paint, paintWith } from './terminal/paint.js';
import { runBlock, warningLines } from './terminal/run-block.js';
import { thresholdBlock } from './terminal/threshold-block.js';

export interface TerminalOptions {
  readonly color: boolean;
  /** Columns; no line is wider, but below 40 it is taken as 40. */
  readonly width: number;
  /** Nothing limits the width: the runs side by side, which lose columns when there is no room, are shown whole. */
  readonly isPiped?: boolean | undefined;
}

/** Longer lines are hard to read, however wide the window is. */
const widest = 120;

/**
 * The report for a person: runs side by side where there are several, each run, thresholds and verdict last, where the
 * eye is when the prompt returns. Of several rounds of one algorithm the typical one is shown; warnings of all are.
 */
export function terminalReport(report: Report, options: TerminalOptions): string {
  const paint = paintWith(options.color);
  const width = Math.max(40, Math.min(widest, options.width));
  const [only] = report.runs;
  if (report.log !== undefined && only !== undefined)
    return logReport(report, report.log, only, width, paint);
  const groups = groupsOf(report.runs);
  const blocks: string[][] = [headLines(report, width, paint)];
  if (groups.length > 1 || report.runs.length > 1)
    blocks.push(comparison(report.runs, options.isPiped ? Number.POSITIVE_INFINITY : width, paint));
  if (report.advice !== undefined) blocks.push(adviceLines(adviceText(report.advice), width, paint));
  for (const { runs, typical } of groups) {
    const block = runBlock(typical, runs.length, width, paint);
    const others = runs.filter((run) => run !== typical && run.warnings.length > 0);
    if (others.length > 0) block.push('');
    for (const run of others) block.push(...warningLines(run, width, paint, `${sanitize(run.name, 60)}: `));
    blocks.push(block);
  }
  if (report.runs.length === 0) blocks.push(['No run was finished.']);
  blocks.push(thresholdBlock(report, width, paint));
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** Access logs have one run, nothing to compare it with, and no seed. */
function logReport(report: Report, log: LogReport, run: RunReport, width: number, paint: Paint): string {
  const title = wrap(sanitize(run.name, 200), width).map(paint.bold);
  const blocks = [[...title, ...logBlock(run, log, width, paint)]];
  if (report.thresholds.length > 0) blocks.push(thresholdBlock(report, width, paint));
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** What to make of the comparison, below it. */
function adviceLines(text: string, width: number, paint: Paint): string[] {
  return wrap(text, width - 2).map((line) => `  ${paint.bold(line)}`);
}

/** `2026-11-22T10:42:46.000Z` as `2026-11-22 10:42:46 UTC`; anything else as it is. */
function startText(startedAt: string): string {
  return sanitize(startedAt, 30).replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/, '$1 $2 UTC');
}

function headLines(report: Report, width: number, paint: Paint): string[] {
  const name = sanitize(scenarioName(report) ?? 'unnamed scenario', 100);
  const facts = `lbbench ${sanitize(report.tool.version, 20)} · ${startText(report.startedAt)} · seed ${report.seed}`;
  return [...wrap(name, width).map(paint.bold), ...wrap(facts, width).map(paint.dim)];
}
