import { formatCount, formatPercent, formatShare } from '../figures/format.js';
import type { LogGroupReport, LogReport } from '../model/report.js';
import { type MarkdownColumn, markdownTable } from './markdown-table.js';
import { codeSpan } from './markdown-text.js';

/** More would make a summary that nobody reads. */
const groupsShown = 50;
const backendsShown = 12;

/** The log split as asked, the requests of each backend side by side; nothing when it was not split. */
export function groupBlocks({ by, groups, others }: LogReport): string[] {
  if (by === undefined) return [];
  const rows = [...groups.slice(0, groupsShown), ...(others === undefined ? [] : [others])];
  const addresses = [
    ...new Set(rows.flatMap(({ backends }) => backends.map(({ address }) => address))),
  ].sort();
  const columns: MarkdownColumn<LogGroupReport>[] = [
    { head: by, text: true, cell: ({ key }) => codeSpan(key) },
    { head: 'requests', cell: ({ count }) => formatCount(count) },
    ...addresses.slice(0, backendsShown).map((address) => ({
      head: codeSpan(address),
      cell: ({ backends }: LogGroupReport) => {
        const backend = backends.find((one) => one.address === address);
        return backend === undefined ? '0' : `${formatCount(backend.count)} (${formatShare(backend.share)})`;
      },
    })),
    { head: 'skew', cell: ({ skew }) => formatPercent(skew) },
  ];
  const hidden = [
    ...(groups.length > groupsShown ? [`${groups.length - groupsShown} more values`] : []),
    ...(addresses.length > backendsShown ? [`${addresses.length - backendsShown} more backends`] : []),
  ];
  const table = markdownTable(columns, rows);
  return hidden.length === 0 ? [table] : [table, `${hidden.join(' and ')} in the JSON report.`];
}
