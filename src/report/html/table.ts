import { formatCount } from '../../figures/format.js';
import { element, type Markup, type MarkupElement } from './markup.js';

export interface TableColumn<Row> {
  readonly head: string;
  /** Texts are aligned left, figures right. */
  readonly text?: boolean;
  readonly cell: (row: Row, index: number) => Markup;
}

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
export function table<Row>(
  caption: string,
  columns: readonly TableColumn<Row>[],
  rows: readonly Row[],
  most = mostRows,
): MarkupElement {
  const shown = rows.slice(0, most);
  const alignment = ({ text }: TableColumn<Row>) => (text === true ? 'text' : undefined);
  const more =
    rows.length > shown.length
      ? `${formatCount(rows.length - shown.length)} more rows are in the JSON report.`
      : undefined;
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
          columns.map((column) => element('th', { scope: 'col', class: alignment(column) }, column.head)),
        ),
      ),
      element(
        'tbody',
        {},
        shown.map((row, rowIndex) =>
          element(
            'tr',
            {},
            columns.map((column, index) =>
              index === 0
                ? element('th', { scope: 'row', class: 'text' }, column.cell(row, rowIndex))
                : element('td', { class: alignment(column) }, column.cell(row, rowIndex)),
            ),
          ),
        ),
      ),
    ),
    more === undefined ? undefined : element('p', { class: 'note' }, more),
  );
}

/** A chart's numbers, or others that few will want, folded away below it. */
export function numbers<Row>(
  summary: string,
  caption: string,
  columns: readonly TableColumn<Row>[],
  rows: readonly Row[],
  most?: number,
): MarkupElement {
  return element(
    'details',
    {},
    element('summary', {}, summary, element('span', { class: 'unseen' }, `: ${caption}`)),
    table(caption, columns, rows, most),
  );
}
