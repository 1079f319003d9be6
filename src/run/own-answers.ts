import { formatCount, formatQuantity } from '../figures/format.js';
import type { Plan } from '../model/plan.js';
import type { Warning } from '../model/warning.js';
import type { StatusCounts } from '../tally/status-counts.js';
import type { Tally } from '../tally/tally.js';

/** Those of nginx's answers on which `add_header` puts its header also without `always`. */
const statusesWithHeader: ReadonlySet<string> = new Set(
  [200, 201, 204, 206, 301, 302, 303, 304, 307, 308].map(String),
);

/** What became of the responses that do not carry a header which others carry. */
export interface Unlabelled {
  readonly count: number;
  /** By status: ` (450 × 503)`; empty where they cannot be told from others. */
  readonly statuses: string;
  /**
   * The balancer made them itself, without asking a backend: limit_req, `return`, a page of its own. Where `add_header` has
   * `always` that is certain, else an error of a backend would look the same.
   */
  readonly isOwn: boolean;
  readonly isCertain: boolean;
}

/**
 * Tells the balancer's own answers from those of backends, where a header names the backend: they carry none, because
 * `$upstream_addr` is empty then. That holds where every answer that would carry it in any case does, all of the others being errors;
 * a success without it may as well be of a backend, behind a location whose own `add_header` hides the header, or of one of those
 * that do not send it. In a lab the configuration is known.
 *
 * @returns `undefined` where all responses carry the header, or none does
 */
function unlabelledIn({ attribution, lab }: Plan, tally: Tally): Unlabelled | undefined {
  const { noBackendLeft, backendOverflow, notProxied } = tally.counters;
  const [without, ...labelled] = tally.cells;
  const count = (without?.count ?? 0) - noBackendLeft - backendOverflow - notProxied;
  const isSet = labelled.some((cell) => cell.count > 0);
  if (attribution.by !== 'header' || without === undefined || count <= 0 || !isSet) return undefined;
  const hasAlways = lab !== undefined || labelled.some(({ status }) => countsOf(status).some(isOnlyAlways));
  const isOwn = lab !== undefined || countsOf(without.status).every(isOnlyAlways);
  // Where no backend was left the header has the pool's name.
  const rest = countsOf(without.status).map(
    ([status, n]) => [status, status === '502' ? n - noBackendLeft : n] as const,
  );
  const texts = rest.filter(([, n]) => n > 0).map(([status, n]) => `${formatCount(n)} × ${status}`);
  const isClear = backendOverflow + notProxied === 0;
  return {
    count,
    statuses: isClear ? ` (${texts.join(', ')})` : '',
    isOwn,
    isCertain: isOwn && hasAlways,
  };
}

function isOnlyAlways([status]: readonly [string, number]): boolean {
  return !statusesWithHeader.has(status);
}

function countsOf(status: StatusCounts): readonly (readonly [string, number])[] {
  return Object.entries(status.toRecord());
}

/** Books the answers that the balancer made itself as such. Once they are booked there are none left. */
export function bookOwnAnswers(plan: Plan, tally: Tally): Unlabelled | undefined {
  const found = unlabelledIn(plan, tally);
  if (found?.isOwn) tally.counters.notProxied += found.count;
  return found;
}

/** Says what became of them. */
export function unlabelledWarnings(
  { attribution }: Plan,
  found: Unlabelled | undefined,
  tally: Tally,
): Warning[] {
  if (found === undefined || attribution.by !== 'header') return [];
  const { count, statuses, isOwn, isCertain } = found;
  const name = attribution.name === 'x-upstream' ? 'X-Upstream' : attribution.name;
  if (isOwn) {
    const doubt = isCertain
      ? ''
      : '; errors of backends would carry none either where the header is not set always';
    const made = count === 1 ? 'was made by the balancer itself' : 'were made by the balancer itself';
    return [
      {
        code: 'not-proxied',
        text: `${formatQuantity(count, 'response')}${statuses} ${made}, for which it asked no backend (limit_req, return, files of its own): all others carry ${name}, these do not${doubt}`,
      },
    ];
  }
  return [
    {
      code: 'unattributed',
      text: `${formatCount(count)} of ${formatQuantity(tally.responses, 'response')}${statuses} carry no ${name} although others do: the balancer made them itself (return, files of its own, limit_req), or a location hides the header by an add_header of its own, or only some backends send it; the access log tells (attribution.log)`,
    },
  ];
}
