import { backendErrors } from '../../figures/counts.js';
import type { AbBackend, AbDisplay, AbHtmlAttributes, AbSpread } from '../../model/ab-figures.js';
import type { RunReport } from '../../model/report.js';
import { escapedHtml, printable } from './printable.js';

interface TableColumn {
  readonly head: string;
  readonly value: (backend: AbBackend) => string;
}

/** The block after ab's own lines, from a run's report; `undefined` when no response named its backend. */
export function spreadOfRun(run: RunReport, source: string): AbSpread | undefined {
  if (!run.backends.some(({ count, retries }) => count > 0 || retries > 0)) return undefined;
  return {
    source,
    backends: run.backends.map((backend) => ({
      address: backend.address,
      count: backend.count,
      share: backend.share,
      expectedShare: backend.expectedShare,
      retries: backend.retries,
      errors: backendErrors(backend),
      p50Ms: backend.serviceMs.p50,
      p99Ms: backend.serviceMs.p99,
    })),
    unattributed: run.unattributed,
    skew: run.distribution.skew,
    skewNoise: run.distribution.skewNoise,
  };
}

type SpreadDisplay = Pick<AbDisplay, 'sharesAreGuessed'>;

const guess = 'equal shares are a guess: --expect ADDRESS=WEIGHT,… or --conf FILE tells';

/** Whether what is expected shows at all. */
function isCompared({ backends }: AbSpread): boolean {
  return backends.some(({ expectedShare }) => expectedShare !== undefined);
}

/** A block after ab's own lines: which backend served how many, and the skew over all of them. */
export function spreadText(spread: AbSpread, { sharesAreGuessed }: SpreadDisplay = {}): string {
  const columns = columnsOf(spread);
  const rows = [
    columns.map(({ head }) => head),
    ...spread.backends.map((backend) => columns.map(({ value }) => printable(value(backend)))),
  ];
  if (spread.unattributed > 0) rows.push(['(unattributed)', String(spread.unattributed)]);
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, index) => aligned(cell, index, widths)).join('  '));
  return [
    '',
    `Backends (by ${printable(spread.source)})`,
    ...lines.map((line) => `  ${line}`),
    ...(sharesAreGuessed && isCompared(spread) ? [`  ${guess}`] : []),
    `Skew:                   ${skewText(spread)}`,
    '',
  ].join('\n');
}

/** The same as rows of a second HTML table. */
export function spreadHtml(
  spread: AbSpread,
  { table, row, cell }: AbHtmlAttributes,
  { sharesAreGuessed }: SpreadDisplay = {},
): string {
  const columns = columnsOf(spread);
  const line = (tag: string, cells: readonly string[]) =>
    `<tr ${row}>${cells.map((text) => `<${tag} ${cell}>${escapedHtml(text)}</${tag}>`).join('')}</tr>\n`;
  const rest = columns.length - 1;
  const wide = (label: string, value: string) =>
    `<tr ${row}><th ${cell}>${label}</th><td colspan=${rest} ${cell}>${escapedHtml(value)}</td></tr>\n`;
  return [
    `<table ${table}>\n`,
    line(
      'th',
      columns.map(({ head }) => head),
    ),
    ...spread.backends.map((backend) =>
      line(
        'td',
        columns.map(({ value }) => value(backend)),
      ),
    ),
    spread.unattributed > 0 ? wide('(unattributed)', String(spread.unattributed)) : '',
    sharesAreGuessed && isCompared(spread) ? wide('Expected:', guess) : '',
    wide('Skew:', skewText(spread)),
    '</table>\n',
  ].join('');
}

function columnsOf(spread: AbSpread): TableColumn[] {
  const expected = isCompared(spread);
  const failed = spread.backends.some(({ errors }) => errors > 0);
  return [
    { head: 'backend', value: (backend) => backend.address },
    { head: 'requests', value: (backend) => String(backend.count) },
    { head: 'share', value: (backend) => percent(backend.share) },
    ...(expected
      ? [{ head: 'expected', value: (backend: AbBackend) => percent(backend.expectedShare) }]
      : []),
    { head: 'retries', value: (backend) => String(backend.retries) },
    ...(failed ? [{ head: 'errors', value: (backend: AbBackend) => String(backend.errors) }] : []),
    { head: 'p50 [ms]', value: (backend) => milliseconds(backend.p50Ms) },
    { head: 'p99 [ms]', value: (backend) => milliseconds(backend.p99Ms) },
  ];
}

/** The name to the left, the numbers to the right. */
function aligned(cell: string, index: number, widths: readonly number[]): string {
  const width = widths[index] ?? 0;
  return index === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function skewText({ skew, skewNoise }: AbSpread): string {
  if (skew === undefined) return 'n/a';
  const chance = skewNoise === undefined ? '' : ` (chance alone reaches ${percent(skewNoise)} 1 time in 100)`;
  return `${percent(skew)}${chance}`;
}

function percent(ratio: number | undefined): string {
  return ratio === undefined ? 'n/a' : `${(ratio * 100).toFixed(1)} %`;
}

function milliseconds(ms: number | undefined): string {
  return ms === undefined ? 'n/a' : ms.toFixed(3);
}
