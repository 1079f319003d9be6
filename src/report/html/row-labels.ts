import { sanitize } from '../../text/sanitize.js';
import { textAt } from './axes.js';
import { element, type MarkupElement } from './markup.js';

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
