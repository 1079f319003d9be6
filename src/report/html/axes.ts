import { element, type MarkupElement } from './markup.js';
import { PathData } from './path-data.js';

/** Where in a chart is drawn, in its own units from its upper left corner. */
export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A place on an axis and what is written there. */
export interface Tick {
  readonly at: number;
  readonly text: string;
}

/** Length of the strokes of an axis and what is between them and their texts. */
const strokeLength = 4;
const gap = 5;

/** Strokes below the frame, with their texts. */
export function bottomAxis({ bottom }: Frame, ticks: readonly Tick[]): MarkupElement {
  const strokes = new PathData();
  for (const { at } of ticks) strokes.line(at, bottom, at, bottom + strokeLength);
  return element(
    'g',
    { class: 'axis', 'text-anchor': 'middle' },
    element('path', { d: `${strokes}` }),
    ticks.map(({ at, text }) =>
      element('text', { x: rounded(at), y: rounded(bottom + strokeLength + gap), dy: '0.71em' }, text),
    ),
  );
}

/** Texts left of the frame. */
export function leftAxis({ left }: Frame, ticks: readonly Tick[]): MarkupElement {
  return element(
    'g',
    { class: 'axis', 'text-anchor': 'end' },
    ticks.map(({ at, text }) => textAt(left - strokeLength - gap, at, text)),
  );
}

/** Faint lines through the frame, upright at `xs` and level at `ys`. */
export function grid(frame: Frame, xs: readonly number[], ys: readonly number[]): MarkupElement {
  const lines = new PathData();
  for (const y of ys) lines.line(frame.left, y, frame.right, y);
  return element('path', {
    d: `${lines}${uprights(frame, xs)}`,
    stroke: 'currentColor',
    'stroke-opacity': 0.1,
  });
}

/** The path of lines from top to bottom. */
export function uprights({ top, bottom }: Frame, xs: readonly number[]): PathData {
  const lines = new PathData();
  for (const x of xs) lines.line(x, top, x, bottom);
  return lines;
}

/** A text whose middle is at a height. */
export function textAt(
  x: number,
  y: number,
  text: string,
  attributes: Readonly<Record<string, string>> = {},
): MarkupElement {
  return element('text', { x: rounded(x), y: rounded(y), dy: '0.32em', ...attributes }, text);
}

/** A tenth of a unit is finer than can be seen. */
export function rounded(position: number): number {
  return Math.round(position * 10) / 10;
}
