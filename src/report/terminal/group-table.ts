import { formatCount, formatMs, formatPercent, formatQuantity, formatShare } from '../../figures/format.js';
import type { LogGroupReport, LogReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { displayWidth, wrap } from './display-width.js';
import type { Paint } from './paint.js';
import { type Column, renderTable } from './table.js';

/** Rows of a table on the terminal; the report has all of them. */
const groupsShown = 24;
/** Columns of the key; longer ones are cut. */
const keyWidth = 24;

/**
 * The log split by URI, status, hour…: a row for each value with the requests that each backend served, side by side.
 * Where there are too many backends for the width, a row for each value and backend.
 */
export function groupTable(log: LogReport, width: number, paint: Paint): string[] {
  const shown = inOrder(log).slice(0, groupsShown);
  const hidden = log.groups.length - shown.length;
  const rows = log.others === undefined ? shown : [...shown, { ...log.others, key: 'all others' }];
  const addresses = [...new Set(rows.flatMap(({ backends }) => backends.map(({ address }) => address)))].sort(
    byAddress.compare,
  );
  const head = sanitize(log.by ?? '', 20);
  const wide = (['all', 'no asides', 'counts only'] as const)
    .map((detail) => sideBySide(rows, addresses, head, detail, paint))
    .find(({ columns }) => naturalWidth(columns) <= width);
  const lines =
    wide === undefined
      ? renderTable(oneBelowTheOther(rows, head, paint), width, paint)
      : [...renderTable(wide.columns, width, paint), ...note(wide.legend, width, paint)];
  if (hidden > 0) {
    const text = `${formatQuantity(hidden, 'more value')} in the report: --export-json`;
    lines.push(...note(text, width, paint));
  }
  return lines;
}

const byAddress = new Intl.Collator('en', { numeric: true });
const ordered: ReadonlySet<string> = new Set(['status', 'day', 'hour', 'minute']);

/** Times and statuses in their order, anything else by how often it occurs. */
function inOrder({ by, groups }: LogReport): LogGroupReport[] {
  return ordered.has(by ?? '')
    ? groups.toSorted((one, other) => byAddress.compare(one.key, other.key))
    : groups.toSorted((one, other) => other.count - one.count);
}

function sideBySide(
  rows: readonly LogGroupReport[],
  addresses: readonly string[],
  head: string,
  detail: 'all' | 'no asides' | 'counts only',
  paint: Paint,
): { readonly columns: Column[]; readonly legend: string | undefined } {
  const host = commonHost(addresses);
  const column = (title: string, cells: string[]): Column => ({
    head: title,
    align: 'right',
    dropOrder: 0,
    cells,
  });
  const optional = (title: string, cells: string[]) =>
    detail === 'all' && cells.some((cell) => cell !== '0') ? [column(title, cells)] : [];
  const retriesOf = ({ backends }: LogGroupReport) => backends.reduce((sum, { retries }) => sum + retries, 0);
  return {
    columns: [
      keyColumn(head, rows),
      column(
        'requests',
        rows.map(({ count }) => formatCount(count)),
      ),
      ...addresses.map((address) =>
        column(
          sanitize(address.slice(host.length), 40),
          rows.map((row) => {
            const cell = row.backends.find((backend) => backend.address === address);
            return cell === undefined || cell.count === 0
              ? '0'
              : `${formatCount(cell.count)}${detail === 'counts only' ? '' : ` ${formatShare(cell.share).padStart(7)}`}`;
          }),
        ),
      ),
      ...optional(
        'retries',
        rows.map((row) => formatCount(retriesOf(row))),
      ),
      ...optional(
        'not proxied',
        rows.map(({ notProxied }) => formatCount(notProxied)),
      ),
      ...(addresses.length === 0
        ? []
        : [
            column(
              'skew',
              rows.map((row) => skewText(row, paint)),
            ),
          ]),
    ],
    legend: host === '' ? undefined : `backends are those of ${host}`,
  };
}

/** Painted where chance does not explain it. */
function skewText({ skew, skewNoise }: LogGroupReport, paint: Paint): string {
  const text = formatPercent(skew);
  return (skew ?? 0) > (skewNoise ?? Number.POSITIVE_INFINITY) ? paint.doubtful(text) : text;
}

function oneBelowTheOther(rows: readonly LogGroupReport[], head: string, paint: Paint): Column[] {
  const cells = rows.flatMap((row) => {
    const backends = row.backends.toSorted((one, other) => byAddress.compare(one.address, other.address));
    return [undefined, ...backends].map((backend) => ({ row, backend }));
  });
  const column = (
    title: string,
    dropOrder: number,
    ofGroup: (group: LogGroupReport) => string,
    ofBackend: (backend: LogGroupReport['backends'][number]) => string,
  ): Column => ({
    head: title,
    align: 'right',
    dropOrder,
    cells: cells.map(({ row, backend }) => (backend === undefined ? ofGroup(row) : ofBackend(backend))),
  });
  const timed = rows.some(({ backends }) => backends.some(({ p50 }) => p50 !== undefined));
  const times = [
    column(
      'p50 ms',
      3,
      () => '',
      ({ p50 }) => formatMs(p50),
    ),
    column(
      'p99 ms',
      2,
      () => '',
      ({ p99 }) => formatMs(p99),
    ),
  ];
  return [
    {
      head,
      align: 'left',
      dropOrder: 0,
      cells: cells.map(({ row, backend }) =>
        backend === undefined ? sanitize(row.key, 60) : `  ${sanitize(backend.address, 60)}`,
      ),
    },
    column(
      'requests',
      0,
      ({ count }) => formatCount(count),
      ({ count }) => formatCount(count),
    ),
    column(
      'share',
      0,
      () => '',
      ({ share }) => formatShare(share),
    ),
    column(
      'retries',
      1,
      () => '',
      ({ retries }) => formatCount(retries),
    ),
    ...(timed ? times : []),
    column(
      'skew',
      0,
      (row) => skewText(row, paint),
      () => '',
    ),
  ];
}

function keyColumn(head: string, rows: readonly LogGroupReport[]): Column {
  return { head, align: 'left', dropOrder: 0, cells: rows.map(({ key }) => sanitize(key, 60)) };
}

/** What all addresses start with, up to the colon before the port; empty when they differ or there is one only. */
function commonHost(addresses: readonly string[]): string {
  const hosts = new Set(addresses.map((address) => /^(.*):\d+$/.exec(address)?.[1]));
  const [host] = hosts;
  return addresses.length > 1 && hosts.size === 1 && host !== undefined ? host : '';
}

/** As wide as the table gets, its first column cut. */
function naturalWidth(columns: readonly Column[]): number {
  return columns.reduce((sum, { head, cells }, index) => {
    const widest = cells.reduce((most, cell) => Math.max(most, displayWidth(cell)), displayWidth(head));
    return sum + 2 + (index === 0 ? Math.min(keyWidth, widest) : widest);
  }, 0);
}

function note(text: string | undefined, width: number, paint: Paint): string[] {
  return text === undefined ? [] : wrap(text, width - 2).map((line) => paint.dim(`  ${line}`));
}
