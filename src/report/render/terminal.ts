import { sanitize } from '../../text/sanitize.js';
import type { Block, Facts, Note, Paragraph, Warnings } from '../blocks/block.js';
import { checkLines } from './checks.js';
import { type Paint, paintWith } from './paint.js';
import { fits, tableLines } from './terminal-table.js';
import { displayWidth, wrap } from './width.js';

export interface TerminalOptions {
  readonly color: boolean;
  /** Columns; no line is wider, but below 40 it is taken as 40. */
  readonly width: number;
  /** Nothing limits the width: what is set side by side is shown beside each other, however wide it gets. */
  readonly isPiped?: boolean | undefined;
}

/** Longer lines are hard to read, however wide the window is. */
const widest = 120;

/** Paragraphs for a person, with an empty line between them. */
export function terminalText(paragraphs: readonly Paragraph[], options: TerminalOptions): string {
  const texts = paragraphs.map((blocks) => terminalLines(blocks, options).join('\n'));
  return `${texts.filter((text) => text !== '').join('\n\n')}\n`;
}

/** The lines of blocks, one below the other. */
export function terminalLines(blocks: readonly Block[], options: TerminalOptions): string[] {
  const paint = paintWith(options.color);
  const width = Math.max(40, Math.min(widest, options.width));
  const isPiped = options.isPiped === true;
  return blocks.flatMap((block) => linesOf(block, width, isPiped, paint));
}

function linesOf(block: Block, width: number, isPiped: boolean, paint: Paint): string[] {
  switch (block.kind) {
    case 'heading':
      return block.isInside === true
        ? wrap(block.text, width - 2).map((line) => `  ${paint.bold(line)}`)
        : wrap(block.text, width).map(paint.bold);
    case 'note':
      return noteLines(block, width, paint);
    case 'facts':
      return factLines(block, width, paint);
    case 'table':
      return tableLines(block, isPiped && block.isWhole === true ? Number.POSITIVE_INFINITY : width, paint);
    case 'choice': {
      const shape = block.shapes.find(([table]) => fits(table, width, paint)) ?? block.shapes.at(-1) ?? [];
      return shape.flatMap((one) => linesOf(one, width, isPiped, paint));
    }
    case 'warnings':
      return warningLines(block, width, paint);
    case 'checks':
      return checkLines(block, width, paint);
  }
}

function noteLines({ text, tone, isOutside, isHanging }: Note, width: number, paint: Paint): string[] {
  const indent = isOutside === true ? '' : '  ';
  const color = tone === 'strong' ? paint.bold : tone === 'quiet' ? paint.dim : (line: string) => line;
  return wrap(text, width - indent.length, isHanging === true ? '  ' : '').map(
    (line) => indent + color(line),
  );
}

const labelWidth = 16;

/** Labels in one column, figures in the next, notes behind them, wrapped under themselves. */
function factLines({ facts }: Facts, width: number, paint: Paint): string[] {
  const valueWidth = Math.min(
    24,
    facts.reduce((most, { value }) => Math.max(most, displayWidth(value)), 8),
  );
  return facts.flatMap(({ label, value, note, mood }) => {
    const color = mood === undefined ? paint.bold : paint[mood];
    const padding = ' '.repeat(Math.max(0, valueWidth - displayWidth(value)));
    const start = `  ${label.padEnd(labelWidth)}${color(value)}`;
    if (note === undefined || note === '') return [start];
    const column = 2 + labelWidth + valueWidth + 2;
    const [first = '', ...rest] = wrap(note, width - column);
    return [
      `${start}${padding}  ${paint.dim(first)}`,
      ...rest.map((line) => `${' '.repeat(column)}${paint.dim(line)}`),
    ];
  });
}

/** Warnings one under the other, behind a mark. */
function warningLines({ warnings }: Warnings, width: number, paint: Paint): string[] {
  return warnings.flatMap(({ about, text }) => {
    const origin = about === undefined ? '' : `${sanitize(about, 60)}: `;
    const [first = '', ...rest] = wrap(origin + sanitize(text, 1000), width - 4);
    return [`  ${paint.doubtful('!')} ${first}`, ...rest.map((line) => `    ${line}`)];
  });
}
