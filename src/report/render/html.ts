import { formatCount } from '../../figures/format.js';
import { sanitize } from '../../text/sanitize.js';
import type { Column, Facts, Said, Table, Warnings } from '../blocks/block.js';
import { element, type Markup, type MarkupElement } from './markup.js';

/** Rows of a table that are written; the rest is in the JSON. */
const mostRows = 200;

/** Rows of a table of backends, of which there is one for each of so many runs. */
export function backendRows(runCount: number): number {
  return Math.max(20, Math.floor((2 * mostRows) / Math.max(1, runCount)));
}

/**
 * A table whose first column names the rows. It scrolls sideways by itself where the window is narrow, and can be
 * scrolled with the keyboard.
 *
 * @param caption what the table holds; shown only to assistive technology when a heading says it already
 * @param most rows that are written
 */
export function tableElement(caption: string, { columns }: Table, most = mostRows): MarkupElement {
  const shown = columns.filter(({ only }) => only === undefined || only.includes('html'));
  const rows = [...(shown[0]?.cells ?? []).keys()];
  const more =
    rows.length > most ? `${formatCount(rows.length - most)} more rows are in the JSON report.` : undefined;
  const alignment = ({ align }: Column) => (align === 'left' ? 'text' : undefined);
  return element(
    'div',
    { class: 'scroll', role: 'group', tabindex: 0, 'aria-label': caption },
    element(
      'table',
      {},
      element('caption', { class: 'unseen' }, caption),
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          shown.map((column) =>
            element('th', { scope: 'col', class: alignment(column) }, saidMarkup(column.head)),
          ),
        ),
      ),
      element(
        'tbody',
        {},
        rows.slice(0, most).map((row) =>
          element(
            'tr',
            {},
            shown.map((column, index) =>
              element(
                index === 0 ? 'th' : 'td',
                index === 0 ? { scope: 'row', class: 'text' } : { class: alignment(column) },
                saidMarkup(column.cells[row] ?? ''),
              ),
            ),
          ),
        ),
      ),
    ),
    more === undefined ? undefined : element('p', { class: 'note' }, more),
  );
}

/** A chart's numbers, or others that few will want, folded away below it. */
export function numbers(summary: string, caption: string, table: Table, most?: number): MarkupElement {
  return element(
    'details',
    {},
    element('summary', {}, summary, element('span', { class: 'unseen' }, `: ${caption}`)),
    tableElement(caption, table, most),
  );
}

/** Figures with their names and what to know about them. */
export function factList({ facts }: Facts): MarkupElement {
  return element(
    'dl',
    {},
    facts.map(({ label, value, note, mood }) =>
      element(
        'div',
        {},
        element('dt', {}, label),
        element(
          'dd',
          {},
          element('strong', { class: mood === undefined ? undefined : 'doubt' }, value),
          note === undefined ? undefined : element('span', { class: 'note' }, ` ${note}`),
        ),
      ),
    ),
  );
}

const mostWarnings = 200;

/** Warnings one under the other. */
export function warningList({ warnings }: Omit<Warnings, 'kind'>): MarkupElement {
  return element(
    'ul',
    { class: 'warnings' },
    warnings
      .slice(0, mostWarnings)
      .map(({ code, about, text }) =>
        element(
          'li',
          {},
          code === undefined ? undefined : element('code', {}, sanitize(code, 40)),
          `${about === undefined ? '' : `${sanitize(about, 60)}: `}${sanitize(text, 1000)}`,
        ),
      ),
  );
}

function saidMarkup(said: Said): Markup {
  if (typeof said === 'string') return said;
  const { text, is, suffix = '', aside, below, isBest } = said;
  const shown = is === 'name' ? sanitize(text, 60) : is === 'sentence' ? sanitize(text, 1000) : text;
  const whole = `${shown}${suffix}${aside === undefined ? '' : ` (${aside})`}`;
  const range =
    below === undefined || below === text || below === ''
      ? undefined
      : element('span', { class: 'range' }, below);
  if (isBest !== true) return range === undefined ? whole : element('span', {}, whole, range);
  return element('span', { class: 'best' }, whole, element('span', { class: 'unseen' }, ' (best)'), range);
}
