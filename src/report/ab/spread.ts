import { backendErrors } from '../../figures/counts.js';
import type { AbDisplay, AbHtmlAttributes, AbSpread } from '../../model/ab-figures.js';
import type { RunReport } from '../../model/report.js';
import { columnsOver, onlyTrouble, type Said, type Table } from '../blocks/block.js';
import { paintWith } from '../render/paint.js';
import { tableLines } from '../render/terminal-table.js';
import { escapedHtml, printable } from './printable.js';

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
    unattributed: run.unattributed + (run.notProxied ?? 0),
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
  const { unattributed } = spread;
  const table = spreadTable(spread);
  const rest = ['(unattributed)', String(unattributed)];
  const columns = table.columns.map((column, index) =>
    unattributed > 0 ? { ...column, cells: [...column.cells, rest[index] ?? ''] } : column,
  );
  return [
    '',
    `Backends (by ${printable(spread.source)})`,
    ...tableLines({ ...table, columns }, Number.POSITIVE_INFINITY, paintWith(false)),
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
  const { columns } = spreadTable(spread);
  const line = (tag: string, cells: readonly string[]) =>
    `<tr ${row}>${cells.map((text) => `<${tag} ${cell}>${escapedHtml(text)}</${tag}>`).join('')}</tr>\n`;
  const wide = (label: string, value: string) =>
    `<tr ${row}><th ${cell}>${label}</th><td colspan=${columns.length - 1} ${cell}>${escapedHtml(value)}</td></tr>\n`;
  const texts = (said: readonly (Said | undefined)[]) =>
    said.map((one) => (typeof one === 'string' ? one : ''));
  return [
    `<table ${table}>\n`,
    line('th', texts(columns.map(({ head }) => head))),
    ...spread.backends.map((_, index) => line('td', texts(columns.map(({ cells }) => cells[index])))),
    spread.unattributed > 0 ? wide('(unattributed)', String(spread.unattributed)) : '',
    sharesAreGuessed && isCompared(spread) ? wide('Expected:', guess) : '',
    wide('Skew:', skewText(spread)),
    '</table>\n',
  ].join('');
}

function spreadTable(spread: AbSpread): Table {
  const { text, figure } = columnsOver(spread.backends);
  return {
    kind: 'table',
    columns: [
      text('backend', ({ address }) => printable(address)),
      figure('requests', ({ count }) => String(count)),
      figure('share', ({ share }) => percent(share)),
      ...(isCompared(spread) ? [figure('expected', ({ expectedShare }) => percent(expectedShare))] : []),
      figure('retries', ({ retries }) => String(retries)),
      ...onlyTrouble(figure('errors', ({ errors }) => String(errors))),
      figure('p50 [ms]', ({ p50Ms }) => milliseconds(p50Ms)),
      figure('p99 [ms]', ({ p99Ms }) => milliseconds(p99Ms)),
    ],
  };
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
