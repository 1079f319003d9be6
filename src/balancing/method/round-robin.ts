import type { Peer } from '../peer.js';
import type { Selection } from '../selection.js';
import { type BalancingMethod, withoutArgs } from './method.js';

export const roundRobin: BalancingMethod<{ readonly method: 'round_robin' }> = {
  name: 'round_robin',
  forms: ['round_robin'],
  takesBackups: true,
  ...withoutArgs('round_robin'),
  decision: () => ({ by: 'turn' }),
  start: () => byTurn,
};

/**
 * nginx's default: smooth weighted round robin. Each pass raises every eligible peer's score by its effective
 * weight, picks the highest (the earlier one of equals) and lowers it by the total.
 */
export function byTurn(selection: Selection, nowSec: number): Peer | undefined {
  const { list } = selection;
  if (list.isSingle) return single(selection);
  const next = selection.tried.isEmpty ? list.turns?.pick() : undefined;
  if (next !== undefined) return selection.take(next, nowSec);
  list.settle(false);
  let best: Peer | undefined;
  let total = 0;
  for (const peer of list.peers) {
    if (!selection.isEligible(peer, nowSec)) continue;
    total += peer.advance();
    if (best === undefined || peer.currentWeight > best.currentWeight) best = peer;
  }
  if (best !== undefined) {
    best.currentWeight -= total;
    return selection.take(best, nowSec);
  }
  return selection.turnToBackups() ? byTurn(selection, nowSec) : undefined;
}

/** The only server of an upstream: failures do not matter and leave no trace. */
function single({ list }: Selection): Peer | undefined {
  const peer = list.peers[0];
  if (peer === undefined || !peer.hasRoom()) return undefined;
  peer.conns += 1;
  return peer;
}
