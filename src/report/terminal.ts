import { errorRatio } from '../figures/counts.js';
import { formatDuration, formatPercent, formatQuantity, formatRate } from '../figures/format.js';
import { groupsOf, type RunGroup } from '../figures/run-groups.js';
import { troubleRemarks } from '../figures/trouble.js';
import type { Comparison } from '../model/comparison.js';
import type { LogReport, Report, RunReport } from '../model/report.js';
import type { SimulationReport } from '../model/simulation.js';
import { sanitize } from '../text/sanitize.js';
import { backendTable } from './blocks/backends.js';
import { type Checks, name, type Paragraph, type Warnings } from './blocks/block.js';
import { changesByRun, changeTable, evidenceText } from './blocks/changes.js';
import { groupBlocks } from './blocks/groups.js';
import { reportTitle, startText } from './blocks/heading.js';
import { logParagraphs } from './blocks/log.js';
import { runParagraphs } from './blocks/run.js';
import { adviceText, roundsText, sideBySide, successesDiffer } from './blocks/side-by-side.js';
import { simulationParagraphs } from './blocks/simulation.js';
import { type TerminalOptions, terminalLines, terminalText } from './render/terminal.js';
import { cutToWidth } from './render/width.js';

export type { TerminalOptions };

/**
 * The report for a person: each run, then all of them side by side where there are several, thresholds and verdict last,
 * where the eye is when the prompt returns. Of several rounds of one algorithm the typical one is shown; warnings of all are.
 */
export function terminalReport(report: Report, options: TerminalOptions): string {
  const { runs, log, advice } = report;
  const [only] = runs;
  if (log !== undefined && only !== undefined) return terminalText(logReport(report, log, only), options);
  const groups = groupsOf(runs);
  const rounds = roundsText(groups);
  return terminalText(
    [
      heading(report),
      ...groups.flatMap(({ runs, typical }) => [
        ...runParagraphs(typical, runs.length),
        [warningsOfOthers(runs, typical)],
      ]),
      runs.length === 0 ? [{ kind: 'note', text: 'No run was finished.', isOutside: true }] : [],
      ...(runs.length > 1 ? comparison(groups) : []),
      advice === undefined ? [] : [{ kind: 'note', text: adviceText(advice), tone: 'strong' }],
      advice !== undefined || rounds === undefined ? [] : [{ kind: 'note', text: rounds, tone: 'quiet' }],
      report.thresholds.length === 0
        ? [{ kind: 'note', text: 'No thresholds were set.', tone: 'quiet', isOutside: true }]
        : [checks(report)],
    ],
    options,
  );
}

/** Access logs have one run, nothing to compare it with, and no seed. */
function logReport(report: Report, log: LogReport, run: RunReport): Paragraph[] {
  return [...logParagraphs(run, log), report.thresholds.length > 0 ? [checks(report)] : []];
}

/** Reports side by side for a person: a table for each run, the baseline's column first. */
export function comparisonText(comparison: Comparison, options: TerminalOptions): string {
  const { changes, reports, notes, thresholds, verdict } = comparison;
  const files = reports.map(({ file }) => file);
  const ofRuns = new Set(thresholds.map(({ run }) => run)).size > 1;
  return terminalText(
    [
      ...changesByRun(changes).map(
        ([run, ofRun]): Paragraph => [
          { kind: 'heading', text: sanitize(run, 120) },
          changeTable(ofRun, files),
        ],
      ),
      changes.length === 0
        ? [{ kind: 'note', text: 'No run of theirs measured anything.', isOutside: true }]
        : [],
      [{ kind: 'note', text: evidenceText(comparison), tone: 'quiet' }],
      [{ kind: 'warnings', warnings: notes.map((text) => ({ text })) }],
      thresholds.length > 0 ? [{ kind: 'checks', thresholds, verdict, remarks: [], ofRuns }] : [],
    ],
    options,
  );
}

/** The thresholds of a report alone, for what prints the rest in words of its own. */
export function checksText(report: Report, options: TerminalOptions): string {
  return terminalText([[checks(report)]], options);
}

/** A simulation for a person. */
export function simulationText(report: SimulationReport, options: TerminalOptions): string {
  return terminalText(simulationParagraphs(report), options);
}

/** What is drawn again and again while a log is followed: few lines, each within the width. */
export function liveLog(
  report: Report,
  options: TerminalOptions & {
    readonly rows: number;
    /** Requests a second since the last look; `undefined` at the first. */
    readonly recentPerSec: number | undefined;
  },
): string[] {
  const { width, rows, recentPerSec } = options;
  const [run] = report.runs;
  const { log } = report;
  if (run === undefined || log === undefined) return [];
  const facts = [
    `${sanitize(run.name, 60)}`,
    formatQuantity(log.selected, 'request'),
    ...(recentPerSec === undefined ? [] : [`${formatRate(recentPerSec)}/s now`]),
    `${formatPercent(errorRatio(run))} errors`,
    ...(log.unmatched.count > 0 ? [`${formatQuantity(log.unmatched.count, 'line')} unmatched`] : []),
    ...(run.load.durationMs > 0 ? [formatDuration(run.load.durationMs)] : []),
  ];
  const groups = terminalLines(groupBlocks(log), options);
  const lines = [
    ...terminalLines([{ kind: 'heading', text: cutToWidth(facts.join(' · '), width) }], options),
    ...(run.backends.length > 0 ? terminalLines([backendTable(run)], options) : []),
    ...(groups.length > 0 ? ['', ...groups] : []),
  ];
  return lines.slice(0, Math.max(1, rows - 1));
}

function heading(report: Report): Paragraph {
  const { tool, seed } = report;
  const facts = `lbbench ${sanitize(tool.version, 20)} · ${startText(report)} · seed ${seed}`;
  return [
    { kind: 'heading', text: reportTitle(report) },
    { kind: 'note', text: facts, tone: 'quiet', isOutside: true },
  ];
}

function comparison(groups: readonly RunGroup[]): Paragraph[] {
  const hasRounds = groups.some(({ runs }) => runs.length > 1);
  const table = sideBySide(groups, ({ name: text, runs }) =>
    runs.length === 1 ? name(text) : name(text, { suffix: ` × ${runs.length}`, below: '' }),
  );
  const rounds = hasRounds ? '; medians of the rounds, their ranges below' : '';
  const successes = successesDiffer(groups) ? '; ok is without the errors' : '';
  const legend = `times in ms; * best of its column${successes}${rounds}`;
  return [[table], [{ kind: 'note', text: legend, tone: 'quiet' }]];
}

function warningsOfOthers(runs: readonly RunReport[], typical: RunReport): Warnings {
  const others = runs.filter((run) => run !== typical);
  return {
    kind: 'warnings',
    warnings: others.flatMap(({ name, warnings }) => warnings.map(({ text }) => ({ about: name, text }))),
  };
}

function checks({ thresholds, verdict, runs }: Report): Checks {
  return { kind: 'checks', thresholds, verdict, remarks: troubleRemarks(runs), ofRuns: runs.length > 1 };
}
