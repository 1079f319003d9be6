import type { Peer } from './peer.js';
import type { PeerList } from './peer-list.js';

/** The peer at a point of the weights laid end to end; `point` is an integer from 0 to the total weight - 1. */
export function peerAtWeight(list: PeerList, point: number): Peer {
  const { peers, weightUpTo } = list;
  let [low, high] = [0, peers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (point < (weightUpTo[middle] as number)) high = middle;
    else low = middle + 1;
  }
  const peer = peers[low];
  if (peer === undefined || point < 0)
    throw new RangeError(`expected a point below the total weight ${list.totalWeight}, got ${point}`);
  return peer;
}
