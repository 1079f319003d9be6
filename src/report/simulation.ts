import {
  formatCount,
  formatDuration,
  formatPercent,
  formatProbability,
  formatQuantity,
  formatRate,
  formatShare,
} from '../figures/format.js';
import type { SimulatedBackend, SimulatedRun, SimulationReport } from '../model/simulation.js';
import { sanitize } from '../text/sanitize.js';
import { displayWidth, wrap } from './terminal/display-width.js';
import { type Paint, paintWith } from './terminal/paint.js';
import { type Column, renderTable } from './terminal/table.js';
import type { TerminalOptions } from './terminal.js';

/** One line of the table: what it is about, and what to show of each algorithm. */
interface Row {
  readonly label: string;
  readonly expected?: string;
  readonly cell: (run: SimulatedRun) => string;
}

const widest = 120;
const longestName = 40;

/** A simulation for a person: one column for each algorithm, in several tables where they do not fit beside each other. */
export function simulationText(report: SimulationReport, options: TerminalOptions): string {
  const paint = paintWith(options.color);
  const width = Math.max(40, Math.min(widest, options.width));
  const rows = rowsOf(report);
  const blocks = [headLines(report, width, paint)];
  for (const runs of sideBySide(report.runs, rows, width)) blocks.push(table(runs, rows, width, paint));
  const warnings = warningsOf(report, width, paint);
  if (warnings.length > 0) blocks.push(warnings);
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function headLines(report: SimulationReport, width: number, paint: Paint): string[] {
  const { requests, durationMs, seed } = report;
  const facts = [
    formatQuantity(requests, 'request'),
    durationMs === undefined ? 'one after the other' : `over ${formatDuration(durationMs)}`,
    'none was sent',
    `seed ${seed}`,
  ];
  return [
    ...wrap(`upstream ${sanitize(report.upstream, 100)}`, width).map(paint.bold),
    ...wrap(facts.join(' · '), width).map(paint.dim),
  ];
}

function rowsOf({ runs, durationMs }: SimulationReport): Row[] {
  const pool = runs[0]?.backends ?? [];
  const perBackend = (cell: (backend: SimulatedBackend) => string): Row[] =>
    pool.map(({ address, expectedShare }, index) => ({
      label: sanitize(address, longestName),
      expected: formatShare(expectedShare),
      cell: ({ backends }) => (backends[index] === undefined ? '' : cell(backends[index])),
    }));
  const rows = perBackend(({ count, share }) => `${formatCount(count)} ${formatShare(share).padStart(7)}`);
  rows.push(
    { label: 'skew', cell: ({ distribution }) => formatPercent(distribution.skew) },
    { label: 'by chance up to', cell: ({ distribution }) => formatPercent(distribution.skewNoise) },
    {
      label: 'chi-square p',
      cell: ({ distribution }) => formatProbability(distribution.chiSquare?.pValue),
    },
  );
  if (runs.some(({ noBackendLeft }) => noBackendLeft > 0)) {
    rows.push({ label: 'no server left', cell: ({ noBackendLeft }) => formatCount(noBackendLeft) });
  }
  if (durationMs !== undefined) {
    rows.push(
      heading('In flight: mean, peak'),
      ...perBackend(
        ({ meanInFlight, peakInFlight }) =>
          `${formatRate(meanInFlight)} ${formatCount(peakInFlight).padStart(5)}`,
      ),
      { label: 'in-flight skew', cell: ({ distribution }) => formatPercent(distribution.inFlightSkew) },
    );
  }
  if (runs.some(({ keys }) => keys !== undefined)) {
    const keyed = (cell: (backend: SimulatedBackend) => string) =>
      perBackend((backend) => (backend.keys === undefined ? '' : cell(backend)));
    rows.push(heading('Keys'), ...keyed(({ keys }) => formatCount(keys)), {
      label: 'distinct keys',
      cell: ({ keys }) =>
        keys === undefined ? '' : `${keys.capped ? 'over ' : ''}${formatCount(keys.distinct)}`,
    });
  }
  return rows;
}

function heading(label: string): Row {
  return { label, cell: () => '' };
}

function nameOf({ algorithm }: SimulatedRun): string {
  return sanitize(algorithm, longestName);
}

/** As many runs beside each other as fit, in their order. */
function sideBySide(runs: readonly SimulatedRun[], rows: readonly Row[], width: number): SimulatedRun[][] {
  const columnWidth = (texts: readonly string[]) => Math.max(...texts.map(displayWidth)) + 2;
  const labels = columnWidth(rows.map(({ label }) => label));
  const room = width - labels - columnWidth(['expected', ...rows.map(({ expected = '' }) => expected)]);
  const groups: SimulatedRun[][] = [];
  let left = 0;
  for (const run of runs) {
    const needed = columnWidth([nameOf(run), ...rows.map(({ cell }) => cell(run))]);
    const group = groups.at(-1);
    if (group === undefined || needed > left) {
      groups.push([run]);
      left = room - needed;
    } else {
      group.push(run);
      left -= needed;
    }
  }
  return groups;
}

function table(runs: readonly SimulatedRun[], rows: readonly Row[], width: number, paint: Paint): string[] {
  const columns: Column[] = [
    { head: 'Backend', align: 'left', dropOrder: 0, cells: rows.map(({ label }) => label) },
    {
      head: 'expected',
      align: 'right',
      dropOrder: 1,
      cells: rows.map(({ expected = '' }) => expected),
    },
    ...runs.map(
      (run): Column => ({
        head: nameOf(run),
        align: 'right',
        dropOrder: 0,
        cells: rows.map(({ cell }) => cell(run)),
      }),
    ),
  ];
  return renderTable(columns, width, paint);
}

function warningsOf({ runs, warnings }: SimulationReport, width: number, paint: Paint): string[] {
  const texts = [
    ...warnings.map(({ text }) => text),
    ...runs.flatMap((run) => run.warnings.map(({ text }) => `${nameOf(run)}: ${text}`)),
  ];
  return texts.flatMap((text) => {
    const [first = '', ...rest] = wrap(sanitize(text, 1000), width - 4);
    return [`  ${paint.doubtful('!')} ${first}`, ...rest.map((line) => `    ${line}`)];
  });
}
