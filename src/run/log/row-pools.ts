import type { LogAnswer, LogGroup } from '../../accesslog/log-answer.js';
import type { SplitBy } from '../../accesslog/reading/line-question.js';
import type { ExpectedBackend } from '../../model/plan.js';
import { type LogPools, poolOf } from './pools.js';

/** A backend that may have served the requests of a row. */
export interface Candidate {
  readonly address: string;
  readonly weight: number | undefined;
  readonly pool?: string | undefined;
}

/** Variables whose values are names of pools. */
const poolVariables: ReadonlySet<string> = new Set([
  '$proxy_upstream_name',
  '$upstream_name',
  '$proxy_host',
  '$b',
]);
/** What every backend may serve requests of, whichever pool it is of. */
const ofAll: ReadonlySet<SplitBy> = new Set<SplitBy>([
  'status',
  'method',
  'day',
  'hour',
  'minute',
  'user-agent',
]);

/**
 * Which backends the requests of a row could have gone to, by what is known, the surest first:
 *
 * - those of the `upstream` blocks whose backends served any of them;
 * - all that something is expected of, and all others that were seen, where that is one pool;
 * - those that served the row, where it is split by the name of the pool;
 * - those that share rows with them: backends of different pools never do. That tells nothing where rows have one backend
 *   each, as under a hash; then all that were seen.
 */
export function candidatesOf(
  answer: LogAnswer,
  expected: readonly ExpectedBackend[] | undefined,
  pools: LogPools,
): (group: LogGroup) => readonly Candidate[] {
  const weights = new Map(expected?.map(({ address, weight }) => [address, weight]));
  const candidate = (address: string): Candidate => ({ address, weight: weights.get(address) });
  const all = answer.tally.cells.slice(1).map(({ address }) => candidate(address));
  const { by, groups, others } = answer;
  if (pools.chosen === undefined && pools.all.length > 0) {
    const nameOf = poolOf(pools);
    return (group) => {
      const names = new Set(servers(group).map(nameOf));
      const own = all.filter(({ address }) => names.has(nameOf(address)));
      return names.size < 2 ? own : own.map((one) => ({ ...one, pool: nameOf(one.address) }));
    };
  }
  if (expected !== undefined || by === undefined || ofAll.has(by)) return () => all;
  if (poolVariables.has(by)) return (group) => servers(group).map(candidate);
  const related = relatedServers([...groups, ...(others === undefined ? [] : [others])].map(servers));
  return (group) => {
    const own = new Set(servers(group).flatMap((address) => [...(related.get(address) ?? [])]));
    return own.size < 2 ? all : all.filter(({ address }) => own.has(address));
  };
}

/** Who served any request of a row. */
function servers({ tally }: LogGroup): readonly string[] {
  return tally.cells.slice(1).flatMap(({ address, count }) => (count > 0 ? [address] : []));
}

/** By backend, those that are tied to it by rows that both served. */
function relatedServers(rows: readonly (readonly string[])[]): ReadonlyMap<string, ReadonlySet<string>> {
  const related = new Map<string, Set<string>>();
  for (const row of rows) {
    const joined = new Set(row.flatMap((address) => [address, ...(related.get(address) ?? [])]));
    for (const address of joined) related.set(address, joined);
  }
  return related;
}
