import type { Upstream } from '../model/upstream.js';
import { decisionOf, methodOf } from './method/methods.js';
import { peerListOf } from './peer-list.js';
import { Selection } from './selection.js';

/**
 * The server that a key alone leads to while no server has failed, as an index into the upstream's servers; `undefined`
 * where round robin decides: an empty key, or too many probes of servers that are down.
 */
export type KeyedServer = (key: string, remoteAddress: string) => number | undefined;

/**
 * The placement of a hash method as a pure function of the key; `undefined` for a method without a key, and for
 * a pool in which more than the key decides (max_conns, or several addresses of one name on a consistent hash).
 *
 * @throws LbbenchError when the weights are too large for a consistent hash
 */
export function keyedServerOf(upstream: Upstream): KeyedServer | undefined {
  const { algorithm, servers } = upstream;
  if (decisionOf(algorithm).by !== 'key') return undefined;
  if (servers.some(({ maxConns }) => maxConns > 0)) return undefined;
  const isConsistent = algorithm.method === 'hash' && algorithm.consistent;
  if (isConsistent && new Set(servers.map(({ server }) => server)).size < servers.length) return undefined;
  const primaries = peerListOf(upstream);
  const pick = methodOf(algorithm).start(algorithm, primaries, () => 0);
  return (key, remoteAddress) => {
    if (!primaries.isSingle && algorithm.method === 'hash' && key === '') return undefined;
    const selection = new Selection(primaries, key, remoteAddress);
    const peer = pick(selection, 0);
    if (peer === undefined) return undefined;
    peer.conns -= 1;
    // Round robin's pick here says nothing about that of a balancer with another past.
    return primaries.isSingle || !selection.isLeftToRoundRobin ? peer.index : undefined;
  };
}
