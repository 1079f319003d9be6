import { sanitize } from '../../text/sanitize.js';
import { element, type MarkupElement } from '../render/markup.js';
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

/** A stretch of the bottom axis, and what the chart says there. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** Shows what is under the pointer, by nothing but the browser's own hint. Goes on top of everything. */
export function hints({ top, bottom }: Frame, stretches: readonly Stretch[]): MarkupElement {
  return element(
    'g',
    { class: 'hints' },
    stretches.map(({ from, to, text }) =>
      element(
        'rect',
        { x: rounded(from), y: top, width: rounded(Math.max(0, to - from)), height: bottom - top },
        element('title', {}, text),
      ),
    ),
  );
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

/** Width of a character of the largest text, in units of the chart; digits are narrower than letters. */
const perCharacter = 8.2;

const mostCharacters = 20;
/** Characters kept at the end, where a port is. */
const endCharacters = 7;

/** An address as short as a row has room for: cut in the middle, for its port tells it from its neighbours. */
export function rowLabel(address: string): string {
  const characters = [...sanitize(address)];
  if (characters.length <= mostCharacters) return characters.join('');
  const start = characters.slice(0, mostCharacters - endCharacters - 1);
  return `${start.join('')}…${characters.slice(-endCharacters).join('')}`;
}

/** Room for the longest label and a gap, in units of the chart. */
export function labelWidth(labels: readonly string[]): number {
  return 12 + perCharacter * labels.reduce((most, { length }) => Math.max(most, length), 0);
}

/** What the rows of a chart are called, from its left edge on, each in the middle of its row. */
export function rowLabels(labels: readonly string[], middle: (index: number) => number): MarkupElement {
  return element(
    'g',
    { fill: 'var(--soft)' },
    labels.map((label, index) => textAt(0, middle(index), label)),
  );
}
