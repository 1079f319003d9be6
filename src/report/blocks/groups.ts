import { formatCount, formatMs, formatPercent, formatQuantity, formatShare } from '../../figures/format.js';
import type { LogGroupReport, LogReport } from '../../model/report.js';
import { naturally } from '../../text/natural-order.js';
import {
  type Block,
  type Choice,
  type Column,
  columnsOver,
  name,
  onlyTrouble,
  type Said,
  type Table,
  trouble,
} from './block.js';

type GroupBackend = LogGroupReport['backends'][number];

/** Rows of a table on the terminal; the report has all of them. */
const rowsShown = 24;

/** The log split by URI, status, hour… for a terminal; nothing when it was not split. */
export function groupBlocks(log: LogReport): Block[] {
  if (log.by === undefined) return [];
  const hidden = log.groups.length - rowsShown;
  const note = `${formatQuantity(hidden, 'more value')} in the report: --export-json`;
  const notes = [...(hidden > 0 ? [note] : []), ...othersTexts(log)];
  return [groupTable(log, rowsShown), ...notes.map((text): Block => ({ kind: 'note', text, tone: 'quiet' }))];
}

/** What the values that share a row may hide. */
function othersTexts({ groups, others, othersAtMost }: LogReport): string[] {
  if (others === undefined || othersAtMost === undefined) return [];
  const lacking = groups.reduce((most, { mayLack = 0 }) => Math.max(most, mayLack), 0);
  const text = `the ${formatCount(groups.length)} most frequent values have a row each; none of the others has more than ${formatQuantity(othersAtMost, 'request')}`;
  const late = `; read as it came: up to ${formatQuantity(lacking, 'request')} of a row may be among the others`;
  return [lacking > 0 ? text + late : text];
}

/**
 * A row for each value with the requests that each backend served, side by side. Where there are too many backends for the
 * width, a row for each value and backend.
 *
 * @param mostBackends that are shown side by side
 */
export function groupTable(
  log: LogReport,
  mostRows: number,
  mostBackends = Number.POSITIVE_INFINITY,
): Choice {
  const shown = inOrder(log).slice(0, mostRows);
  const rows = log.others === undefined ? shown : [...shown, { ...log.others, key: 'all others' }];
  const addresses = groupAddresses(rows).slice(0, mostBackends);
  const host = commonHost(addresses);
  const legend =
    host === '' ? [] : [{ kind: 'note', text: `backends are those of ${host}`, tone: 'quiet' } as const];
  const head = log.by ?? '';
  return {
    kind: 'choice',
    shapes: [
      [sideBySide(rows, addresses, head, host, 'all'), ...legend],
      [sideBySide(rows, addresses, head, host, 'no asides'), ...legend],
      [sideBySide(rows, addresses, head, host, 'counts only'), ...legend],
      [oneBelowTheOther(rows, head)],
    ],
  };
}

/** The backends that served any of them. */
export function groupAddresses(groups: readonly LogGroupReport[]): string[] {
  return [...new Set(groups.flatMap(({ backends }) => backends.map(({ address }) => address)))].sort(
    naturally,
  );
}

const ordered: ReadonlySet<string> = new Set(['status', 'day', 'hour', 'minute']);

/** Times and statuses in their order, anything else by how often it occurs. */
function inOrder({ by, groups }: LogReport): LogGroupReport[] {
  return ordered.has(by ?? '')
    ? groups.toSorted((one, other) => naturally(one.key, other.key))
    : groups.toSorted((one, other) => other.count - one.count);
}

function sideBySide(
  rows: readonly LogGroupReport[],
  addresses: readonly string[],
  head: string,
  host: string,
  detail: 'all' | 'no asides' | 'counts only',
): Table {
  const { text, figure } = columnsOver(rows);
  const backendOf = ({ backends }: LogGroupReport, address: string) =>
    backends.find((backend) => backend.address === address);
  const served = (row: LogGroupReport, address: string): Said => {
    const backend = backendOf(row, address);
    if (backend === undefined || backend.count === 0) return '0';
    return {
      text: formatCount(backend.count),
      aside: detail === 'counts only' ? undefined : formatShare(backend.share),
    };
  };
  return {
    kind: 'table',
    columns: [
      text(head, ({ key }) => name(key)),
      figure('requests', ({ count }) => formatCount(count)),
      ...addresses.flatMap((address) => [
        figure(name(address, { short: address.slice(host.length) }), (row) => served(row, address)),
        ...onlyTrouble(figure('errors', (row) => formatCount(backendOf(row, address)?.errors ?? 0))),
      ]),
      ...onlyTrouble(
        figure('retries', ({ backends }) =>
          formatCount(backends.reduce((sum, { retries }) => sum + retries, 0)),
        ),
      ),
      ...(detail === 'all'
        ? onlyTrouble(
            figure('not proxied', ({ notProxied }) => formatCount(notProxied), { only: ['terminal'] }),
          )
        : []),
      ...(addresses.length === 0 ? [] : [figure('skew', skewText)]),
    ],
  };
}

/** Painted where neither chance explains it nor that somebody may have been away. */
function skewText({ skew, presentSkew, skewNoise }: LogGroupReport): Said {
  const isProven =
    Math.min(skew ?? 0, presentSkew ?? Number.POSITIVE_INFINITY) > (skewNoise ?? Number.POSITIVE_INFINITY);
  return { text: formatPercent(skew), mood: isProven ? 'doubtful' : undefined };
}

function oneBelowTheOther(groups: readonly LogGroupReport[], head: string): Table {
  const rows = groups.flatMap((group) => {
    const backends = group.backends.toSorted((one, other) => naturally(one.address, other.address));
    return [undefined, ...backends].map((backend) => ({ group, backend }));
  });
  const { text, figure } = columnsOver(rows);
  const column = (
    title: string,
    ofGroup: (group: LogGroupReport) => Said,
    ofBackend: (backend: GroupBackend) => Said,
    givesWay?: number,
  ): Column =>
    figure(title, ({ group, backend }) => (backend === undefined ? ofGroup(group) : ofBackend(backend)), {
      givesWay,
    });
  const none = () => '';
  const timed = groups.some(({ backends }) => backends.some(({ p50 }) => p50 !== undefined));
  const times = [
    column('p50 ms', none, ({ p50 }) => formatMs(p50), 3),
    column('p99 ms', none, ({ p99 }) => formatMs(p99), 2),
  ];
  return {
    kind: 'table',
    columns: [
      text(head, ({ group, backend }) =>
        backend === undefined ? name(group.key) : name(backend.address, { isPart: true }),
      ),
      column(
        'requests',
        ({ count }) => formatCount(count),
        ({ count }) => formatCount(count),
      ),
      column('share', none, ({ share }) => formatShare(share)),
      trouble(column('retries', none, ({ retries }) => formatCount(retries), 1)),
      ...onlyTrouble(column('errors', none, ({ errors }) => formatCount(errors ?? 0))),
      ...(timed ? times : []),
      column('skew', skewText, none),
    ],
  };
}

/** What all addresses start with, up to the colon before the port; empty when they differ or there is one only. */
function commonHost(addresses: readonly string[]): string {
  const hosts = new Set(addresses.map((address) => /^(.*):\d+$/.exec(address)?.[1]));
  const [host] = hosts;
  return addresses.length > 1 && hosts.size === 1 && host !== undefined ? host : '';
}
