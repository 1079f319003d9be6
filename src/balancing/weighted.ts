import type { Peer } from './peer.js';
import type { PeerList } from './peer-list.js';

/** The peer at a point of the weights laid end to end; `point` is an integer from 0 to the total weight - 1. */
export function peerAtWeight(list: PeerList, point: number): Peer {
  let rest = point;
  for (const peer of list.peers) {
    if (rest < peer.weight) return peer;
    rest -= peer.weight;
  }
  throw new RangeError(`expected a point below the total weight ${list.totalWeight}, got ${point}`);
}
