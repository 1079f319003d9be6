import { formatCount, formatPercent, notAvailable } from '../../figures/format.js';
import type { Prediction } from '../../model/prediction.js';
import type { Reconciliation, RunReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import type { MarkupElement } from './markup.js';
import { table } from './table.js';

/** Whether requests went where the model of nginx's method has them, and what became of the keys; nothing where it was not checked. */
export function placementTable(runs: readonly RunReport[]): MarkupElement | undefined {
  const rows = runs.flatMap(({ name, prediction }) =>
    prediction === undefined ? [] : [{ name, ...prediction }],
  );
  if (rows.length === 0) return undefined;
  type Row = Prediction & { readonly name: string };
  return table<Row>(
    'Placements held against the model of the method, by run',
    [
      { head: 'run', text: true, cell: ({ name }) => sanitize(name, 60) },
      { head: 'placements', cell: ({ checked }) => formatCount(checked) },
      {
        head: 'as modelled',
        cell: ({ checked, asPredicted }) => formatPercent(checked > 0 ? asPredicted / checked : undefined),
      },
      { head: 'not comparable', cell: ({ notComparable }) => formatCount(notComparable) },
      {
        head: 'keys',
        cell: ({ keys }) =>
          keys === undefined ? notAvailable : `${keys.capped ? 'over ' : ''}${formatCount(keys.distinct)}`,
      },
      { head: 'moved', cell: ({ keys }) => formatPercent(keys?.movedRatio) },
    ],
    rows,
  );
}

/** The client's counts beside those of nginx's log; nothing where no log was read. */
export function reconciliationTable(runs: readonly RunReport[]): MarkupElement | undefined {
  const rows = runs.flatMap(({ name, reconciliation }) =>
    reconciliation === undefined ? [] : [{ name, ...reconciliation }],
  );
  if (rows.length === 0) return undefined;
  type Row = Reconciliation & { readonly name: string };
  return table<Row>(
    "What the client saw beside nginx's log, by run",
    [
      { head: 'run', text: true, cell: ({ name }) => sanitize(name, 60) },
      { head: 'responses', cell: ({ clientResponses }) => formatCount(clientResponses) },
      { head: 'lines in the log', cell: ({ logLines }) => formatCount(logLines) },
      { head: 'given up', cell: ({ givenUp }) => formatCount(givenUp) },
      {
        head: 'differences',
        text: true,
        cell: ({ differences }) =>
          differences.length === 0
            ? 'none'
            : differences
                .slice(0, 5)
                .map((text) => sanitize(text, 300))
                .join('; '),
      },
    ],
    rows,
  );
}
