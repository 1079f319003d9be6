import { formatCount, formatShare } from '../../figures/format.js';
import type { Outage, OutageBackend } from '../../model/failover.js';
import type { RunReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { outageFacts, outageTitle } from '../blocks/outage.js';
import { element, type MarkupElement } from './markup.js';
import { table } from './table.js';

/** What each outage did to the shares and to the client, by run; empty without a drill. */
export function drillBlocks(runs: readonly RunReport[]): MarkupElement[] {
  return runs.flatMap(({ name, failover }) =>
    (failover?.outages ?? []).flatMap((outage) => [
      element('h3', {}, `${sanitize(name, 60)} · ${outageTitle(outage)}`),
      shareTable(outage, name),
      element(
        'dl',
        {},
        outageFacts(outage).map(({ label, value, note, mood }) =>
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
      ),
    ]),
  );
}

function shareTable({ before, during, after, backend }: Outage, run: string): MarkupElement {
  return table<OutageBackend>(
    `shares before, during and after the outage of ${sanitize(backend, 60)} under ${sanitize(run, 60)}`,
    [
      { head: 'backend', text: true, cell: ({ address }) => sanitize(address, 60) },
      { head: 'before', cell: (_, index) => formatShare(before.backends[index]?.share) },
      { head: 'during', cell: ({ share }) => formatShare(share) },
      ...(after === undefined
        ? []
        : [
            {
              head: 'after',
              cell: (_: OutageBackend, index: number) => formatShare(after.backends[index]?.share),
            },
          ]),
      { head: 'passed on', cell: ({ retries }) => formatCount(retries) },
      { head: 'errors', cell: ({ errors }) => formatCount(errors) },
    ],
    during.backends,
  );
}
