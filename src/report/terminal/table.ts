import Table from 'cli-table3';
import { cutToWidth, displayWidth } from './display-width.js';
import type { Paint } from './paint.js';

export interface Column {
  readonly head: string;
  readonly align: 'left' | 'right';
  /** When the table is too wide, the columns of the highest number go first; 0 goes only when nothing else is left. */
  readonly dropOrder: number;
  /** One for each row; may be painted, except in a column of `dropOrder` 0 that is aligned left, which is cut to fit. */
  readonly cells: readonly string[];
}

const gap = 2;
const indent = 2;
const longestName = 24;

/**
 * Lines of a table without frames, at most `width` columns wide. The first column's texts are
 * cut to make room, then columns are left out in their order, at last from the right.
 */
export function renderTable(columns: readonly Column[], width: number, paint: Paint): string[] {
  const shown = fitting(columns, width);
  const [first] = shown;
  if (first === undefined) return [];
  const widths = shown.map(naturalWidth);
  const spare = width - totalWidth(widths);
  const [firstWidth = 0] = widths;
  if (spare < 0) widths[0] = Math.max(4, firstWidth + spare);

  const table = new Table({
    chars: { ...noFrame, middle: ' '.repeat(gap) },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: shown.map(({ align }) => align),
    colWidths: widths,
  });
  const cut = (text: string, index: number) => (index === 0 ? cutToWidth(text, widths[0] ?? 0) : text);
  table.push(shown.map(({ head }, index) => paintedHead(cut(head, index), paint)));
  for (const row of first.cells.keys()) {
    table.push(shown.map(({ cells }, index) => cut(cells[row] ?? '', index)));
  }
  return table
    .toString()
    .split('\n')
    .map((line) => `${' '.repeat(indent)}${line}`.trimEnd());
}

/** Space at the end of a head only aligns it, and must stay outside the colour to be trimmed at the end of a line. */
function paintedHead(head: string, paint: Paint): string {
  const text = head.trimEnd();
  return paint.dim(text) + ' '.repeat(head.length - text.length);
}

function fitting(columns: readonly Column[], width: number): Column[] {
  let shown = [...columns];
  while (totalWidth(shown.map(wantedWidth)) > width) {
    const order = Math.max(0, ...shown.map(({ dropOrder }) => dropOrder));
    if (order > 0) shown = shown.filter(({ dropOrder }) => dropOrder !== order);
    else if (shown.length > 2) shown = shown.slice(0, -1);
    else break;
  }
  return shown;
}

function naturalWidth({ head, cells }: Column): number {
  return cells.reduce((widest, cell) => Math.max(widest, displayWidth(cell)), displayWidth(head));
}

/** A long name gives way before a column goes. */
function wantedWidth(column: Column, index: number): number {
  return index === 0 ? Math.min(naturalWidth(column), longestName) : naturalWidth(column);
}

function totalWidth(widths: readonly number[]): number {
  return indent + widths.reduce((sum, width) => sum + width, 0) + gap * (widths.length - 1);
}

const noFrame = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
};
