import Table3 from 'cli-table3';
import { sanitize } from '../../text/sanitize.js';
import type { Column, Said, Table } from '../blocks/block.js';
import type { Paint } from './paint.js';
import { cutToWidth, displayWidth } from './width.js';

const gap = 2;
const indent = 2;
/** Columns of a name before others have to make room for it. */
const longestName = 24;
const shortestName = 4;
/** The longest share, so that shares behind counts line up. */
const asideWidth = 7;

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

/** A cell as it is laid out: what is seen first, and what takes a line of its own below. */
interface Cell {
  readonly text: string;
  readonly paint: (text: string) => string;
  readonly below: string | undefined;
}

interface Laid {
  readonly align: 'left' | 'right';
  readonly givesWay: number | undefined;
  readonly isJoined: boolean;
  readonly isRepeated: boolean;
  readonly head: string;
  readonly cells: readonly Cell[];
  readonly width: number;
}

/**
 * Lines of a table without frames, at most `width` columns wide. Names are cut to make room, then columns that may be left
 * out are, and what still does not fit beside the others goes below them, behind the names once more.
 */
export function tableLines(table: Table, width: number, paint: Paint): string[] {
  const [names, ...others] = laidOut(table, width, paint);
  if (names === undefined) return [];
  const parts = partsOf(names, others, width);
  return parts.flatMap((columns, index) => [...(index > 0 ? [''] : []), ...partLines(columns, width, paint)]);
}

/** Whether all columns of a table have room beside each other. */
export function fits(table: Table, width: number, paint: Paint): boolean {
  const [names, ...others] = laidOut(table, width, paint);
  return names === undefined || neededWidth(names, others) <= width;
}

function partsOf(names: Laid, others: readonly Laid[], width: number): Laid[][] {
  let shown = others;
  while (neededWidth(names, shown) > width) {
    const order = Math.max(...shown.map(({ givesWay }) => givesWay ?? 0), 0);
    if (order === 0) break;
    shown = shown.filter(({ givesWay }) => givesWay !== order);
  }
  const repeated = shown.filter(({ isRepeated }) => isRepeated);
  const parts: Laid[][] = [];
  const fits = (columns: readonly Laid[]) => neededWidth(names, columns) <= width;
  const add = (bundle: readonly Laid[]) => {
    const last = parts.at(-1);
    const again = repeated.filter((column) => !bundle.includes(column));
    if (last !== undefined && fits([...last, ...bundle])) last.push(...bundle);
    else if (parts.length > 0 && fits([...again, ...bundle])) parts.push([...again, ...bundle]);
    else parts.push([...bundle]);
  };
  for (const bundle of bundlesOf(shown)) {
    const [first, ...rest] = bundle;
    if (first === undefined || rest.length === 0 || fits(bundle)) add(bundle);
    else for (const some of [[first], rest]) add(some);
  }
  return parts.length === 0 ? [[names]] : parts.map((part) => [names, ...part]);
}

/** Columns with those that belong to them. */
function bundlesOf(columns: readonly Laid[]): Laid[][] {
  const bundles: Laid[][] = [];
  for (const column of columns) {
    if (column.isJoined) bundles.at(-1)?.push(column);
    else bundles.push([column]);
  }
  return bundles;
}

/** A long name gives way before a column goes. */
function neededWidth(names: Laid, others: readonly Laid[]): number {
  return (
    indent + Math.min(names.width, longestName) + others.reduce((sum, { width }) => sum + gap + width, 0)
  );
}

function partLines(columns: readonly Laid[], width: number, paint: Paint): string[] {
  const [names, ...others] = columns;
  if (names === undefined) return [];
  const spare = width - indent - others.reduce((sum, column) => sum + gap + column.width, 0);
  const nameWidth = spare < names.width ? Math.max(shortestName, spare) : names.width;
  const fitted = [{ ...names, width: nameWidth }, ...others];
  const drawn = new Table3({
    chars: { ...noFrame, middle: ' '.repeat(gap) },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: fitted.map(({ align }) => align),
    colWidths: fitted.map(({ width }) => width),
  });
  const push = (cell: (column: Laid) => readonly [text: string, paint: (text: string) => string]) =>
    drawn.push(fitted.map((column) => painted(column, ...cell(column))));
  push(({ head }) => [head, paint.dim]);
  for (const row of names.cells.keys()) {
    push(({ cells }) => [cells[row]?.text ?? '', cells[row]?.paint ?? plain]);
    if (columns.some(({ cells }) => cells[row]?.below !== undefined))
      push(({ cells }) => [cells[row]?.below ?? '', paint.dim]);
  }
  return drawn
    .toString()
    .split('\n')
    .map((line) => `${' '.repeat(indent)}${line}`.trimEnd());
}

/** Space that only aligns stays outside the colour, so that it can be trimmed at the end of a line. */
function painted({ width }: Laid, text: string, paint: (text: string) => string): string {
  const shown = cutToWidth(text, width);
  const visible = shown.trimEnd();
  return paint(visible) + ' '.repeat(shown.length - visible.length);
}

const plain = (text: string) => text;

function laidOut({ columns, title }: Table, width: number, paint: Paint): Laid[] {
  return columns
    .filter(({ only }) => only === undefined || only.includes('terminal'))
    .map((column, index) =>
      laidColumn(index === 0 && title !== undefined ? { ...column, head: title } : column, width, paint),
    );
}

function laidColumn(column: Column, width: number, paint: Paint): Laid {
  const { head, align, givesWay, isJoined = false, isRepeated = false, cells } = column;
  const isBar = cells.some((cell) => typeof cell !== 'string' && cell.bar !== undefined);
  // The mark of the best takes a place in all rows of a column.
  const isMarked = cells.some((cell) => typeof cell !== 'string' && cell.isBest !== undefined);
  const laid = cells.map((cell) => laidCell(cell, width, isMarked, paint));
  const shownHead = isBar ? barHead(textOf(head), sideOf(width)) : textOf(head) + (isMarked ? ' ' : '');
  const texts = [shownHead, ...laid.flatMap(({ text, below = '' }) => [text, below])];
  return {
    align,
    givesWay,
    isJoined,
    isRepeated,
    head: shownHead,
    cells: laid,
    width: texts.reduce((widest, text) => Math.max(widest, displayWidth(text)), 0),
  };
}

/** Columns on each side of the axis of a bar. */
function sideOf(width: number): number {
  return width < 100 ? 4 : 8;
}

/** Columns of the longest bar from the left. */
function longestBar(width: number): number {
  return Math.min(40, Math.max(8, width - 40));
}

function laidCell(cell: Said, width: number, isMarked: boolean, paint: Paint): Cell {
  if (typeof cell === 'string') return { text: cell, paint: plain, below: undefined };
  const { bar, length, mood, isBest, below } = cell;
  const text =
    bar !== undefined
      ? deviationBar(bar, sideOf(width))
      : length !== undefined
        ? lengthBar(length, longestBar(width))
        : textOf(cell);
  const mark = !isMarked ? '' : isBest === true ? '*' : ' ';
  return {
    text: text + mark,
    paint: isBest === true ? paint.good : moodPaint(mood, paint),
    below: below === undefined ? undefined : `${below}${isMarked && below !== '' ? ' ' : ''}`,
  };
}

function moodPaint(mood: 'good' | 'bad' | 'doubtful' | 'quiet' | undefined, paint: Paint) {
  if (mood === undefined) return plain;
  return mood === 'quiet' ? paint.dim : paint[mood];
}

function textOf(said: Said): string {
  if (typeof said === 'string') return said;
  const { text, is, short, isPart, suffix = '', aside } = said;
  const shown = is === undefined ? text : sanitize(short ?? text, 60);
  return `${isPart === true ? '  ' : ''}${shown}${suffix}${aside === undefined ? '' : ` ${aside.padStart(asideWidth)}`}`;
}

/** `less│more` with each word at its end of the bars. */
function barHead(head: string, side: number): string {
  const [less = '', more = ''] = head.split('│');
  return `${less.padStart(side)}│${more.padEnd(side)}`;
}

/**
 * A deviation as a line that grows from the axis: `    │━━╸ ` for more than expected, ` ╺━━│    ` for less.
 *
 * @param part of a side, -1 to 1, that the line fills; half columns are the resolution
 * @param side columns on each side of the axis
 */
export function deviationBar(part: number, side: number): string {
  const halves = Math.round(Math.min(1, Math.abs(part)) * 2 * side);
  const whole = '━'.repeat(Math.floor(halves / 2));
  const isHalf = halves % 2 === 1;
  return part < 0
    ? `${`${isHalf ? '╺' : ''}${whole}`.padStart(side)}│${' '.repeat(side)}`
    : `${' '.repeat(side)}│${`${whole}${isHalf ? '╸' : ''}`.padEnd(side)}`;
}

/** A bar from the left, in eighths of a column; what is above 0 always shows. */
export function lengthBar(part: number, columns: number): string {
  const eighths = part > 0 ? Math.max(1, Math.round(Math.min(1, part) * columns * 8)) : 0;
  return '█'.repeat(Math.floor(eighths / 8)) + (['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8] ?? '');
}
