import { decisionOf } from '../balancing/method/methods.js';
import { shown } from '../text/shown.js';
import type { Configuration } from './configuration.js';
import { isBalanced, type Pool } from './pool.js';
import { lineOf, type Rule } from './rule.js';

/** What each worker keeps to itself without `zone`. */
type Kept = 'max_conns' | 'connections' | 'failures' | 'keys' | 'turns';

/** The worst of what a pool keeps by worker; the same line mends all of it, so that one is enough. */
function worstKept({ servers, algorithm }: Pool): Kept | undefined {
  if (servers.some(({ maxConns }) => maxConns > 0)) return 'max_conns';
  // What a method of a module shares among workers is not known.
  if (algorithm === undefined) return undefined;
  const { by } = decisionOf(algorithm);
  if (by === 'load') return 'connections';
  // The default of one failure is nobody's wish.
  if (servers.some(({ directive: { args }, maxFails }) => maxFails > 0 && args.some(isMaxFails)))
    return 'failures';
  if (by === 'key') return 'keys';
  return by === 'turn' ? 'turns' : undefined;
}

function isMaxFails(word: string): boolean {
  return word.startsWith('max_fails=');
}

function withoutZone(kept: Kept, does: string, why: string): Rule['check'] {
  return ({ pools, severalWorkers }: Configuration) =>
    severalWorkers === undefined
      ? []
      : pools
          .filter((pool) => !pool.hasZone && isBalanced(pool) && worstKept(pool) === kept)
          .map((pool) => ({
            at: pool.directive,
            what: `upstream ${shown(pool.name)} ${does}, has no zone, and worker_processes is ${severalWorkers}`,
            why,
            fix: [lineOf('zone', pool.name, '64k')],
          }));
}

/** What several worker processes do to a pool that is not in shared memory. */
export const workerRules: readonly Rule[] = [
  {
    id: 'max-conns-without-zone',
    severity: 'warning',
    meaning: 'max_conns holds for each worker alone, so a server gets several times as many connections',
    check: withoutZone(
      'max_conns',
      'limits connections by max_conns',
      'Without a zone each worker counts only its own connections, so a server gets up to max_conns times the number of workers.',
    ),
  },
  {
    id: 'least-conn-without-zone',
    severity: 'warning',
    meaning: 'each worker knows only its own requests, so the server with the fewest is not found',
    check: withoutZone(
      'connections',
      'balances by open connections',
      'Without a zone each worker counts only the requests it has sent itself, so a server that is busy for the other workers looks idle.',
    ),
  },
  {
    id: 'max-fails-without-zone',
    severity: 'warning',
    meaning: 'each worker finds out by itself that a server is down',
    check: withoutZone(
      'failures',
      'counts failures by max_fails',
      'Without a zone each worker counts by itself, so a dead server fails max_fails requests in every worker before it is left alone.',
    ),
  },
  {
    id: 'hash-without-zone',
    severity: 'note',
    meaning: 'while a server fails, each worker moves its keys by itself',
    check: withoutZone(
      'keys',
      'balances by a hash',
      'Without a zone each worker finds out by itself that a server is down, so for a while the same key meets different servers in different workers.',
    ),
  },
  {
    id: 'round-robin-without-zone',
    severity: 'note',
    meaning: 'each worker takes turns by itself and begins at the first server',
    check: withoutZone(
      'turns',
      'balances round robin',
      'Without a zone each worker begins at the first server and goes its own round, so few or slow requests crowd on the first ones, and each worker finds out by itself that a server is down.',
    ),
  },
];
