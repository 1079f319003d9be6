import type { Peer } from '../peer.js';
import type { Selection } from '../selection.js';
import { type BalancingMethod, withoutArgs } from './method.js';
import { byTurn } from './round-robin.js';

export const leastConn: BalancingMethod<{ readonly method: 'least_conn' }> = {
  name: 'least_conn',
  forms: ['least_conn'],
  takesBackups: true,
  ...withoutArgs('least_conn'),
  decision: () => ({ by: 'load' }),
  start: () => byLoad,
};

/**
 * `least_conn`: the fewest requests in progress relative to the weight; smooth weighted round robin among those
 * that tie. Round robin's scores move only when there was a tie. Cross-multiplied, so that nothing is rounded.
 */
function byLoad(selection: Selection, nowSec: number): Peer | undefined {
  const { list } = selection;
  if (list.isSingle) return byTurn(selection, nowSec);
  // Where nothing is in progress all of them tie.
  const next = list.inProgress === 0 && selection.tried.isEmpty ? list.turns?.pick() : undefined;
  if (next !== undefined) return selection.take(next, nowSec);
  let best: Peer | undefined;
  let isTied = false;
  for (const peer of list.peers) {
    if (!selection.isEligible(peer, nowSec)) continue;
    if (best === undefined || peer.conns * best.weight < best.conns * peer.weight) {
      best = peer;
      isTied = false;
    } else if (peer.conns * best.weight === best.conns * peer.weight) {
      isTied = true;
    }
  }
  if (best !== undefined) return selection.take(isTied ? tieBreak(best, selection, nowSec) : best, nowSec);
  return selection.turnToBackups() ? byLoad(selection, nowSec) : undefined;
}

/** Round robin among `first` and the peers after it that are loaded as much. */
function tieBreak(first: Peer, selection: Selection, nowSec: number): Peer {
  const { list } = selection;
  list.settle(false);
  const { peers } = list;
  let best = first;
  let total = 0;
  for (let position = first.position; position < peers.length; position += 1) {
    const peer = peers[position];
    if (peer === undefined || !selection.isEligible(peer, nowSec)) continue;
    // Compared with `best` as nginx does it; all that get this far are loaded alike, so it could be `first`.
    if (peer.conns * best.weight !== best.conns * peer.weight) continue;
    total += peer.advance();
    if (peer.currentWeight > best.currentWeight) best = peer;
  }
  best.currentWeight -= total;
  return best;
}
