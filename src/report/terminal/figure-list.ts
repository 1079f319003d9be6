import { displayWidth, wrap } from './display-width.js';
import type { Paint } from './paint.js';

/** One line of a block: a label, its figure, and what to know about it. */
export interface Figure {
  readonly label: string;
  readonly value: string;
  readonly note?: string | undefined;
  readonly mood?: 'bad' | 'doubtful' | undefined;
}

const labelWidth = 16;

/** Labels in one column, figures in the next, notes behind them, wrapped under themselves. */
export function figureList(figures: readonly Figure[], width: number, paint: Paint): string[] {
  const valueWidth = Math.min(
    24,
    figures.reduce((widest, { value }) => Math.max(widest, displayWidth(value)), 8),
  );
  return figures.flatMap(({ label, value, note, mood }) => {
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
