import { crc32 } from './crc32.js';
import type { Peer } from './peer.js';
import type { PeerList } from './peer-list.js';
import { Ring } from './ring.js';
import { roundRobin } from './round-robin.js';
import type { Method, Selection } from './selection.js';

/**
 * `hash KEY consistent`: the first point of the ring at or above the key's CRC-32 names the server. While that
 * server is not eligible the next point is tried (a point, not the next server). Above 20 misses, or with an empty
 * key, round robin decides.
 *
 * @throws LbbenchError when the weights are too large to build a ring from
 */
export function consistentHash(primaries: PeerList): Method {
  const ring = new Ring(primaries);
  return (selection, nowSec) => {
    if (selection.isLeftToRoundRobin || selection.key === '') return roundRobin(selection, nowSec);
    let index = selection.hash ?? ring.indexOf(crc32(selection.key));
    for (;;) {
      const peer = amongSame(ring.peersAt(index), selection, nowSec);
      if (peer !== undefined) {
        // The failed server's own point is looked at again when the request comes back.
        selection.hash = index;
        return selection.take(peer, nowSec);
      }
      index += 1;
      if (!selection.mayProbeAgain()) return roundRobin(selection, nowSec);
    }
  };
}

/** Smooth weighted round robin among the eligible peers of one server string. */
function amongSame(peers: readonly Peer[], selection: Selection, nowSec: number): Peer | undefined {
  let best: Peer | undefined;
  let total = 0;
  for (const peer of peers) {
    if (!selection.isEligible(peer, nowSec)) continue;
    total += peer.advance();
    if (best === undefined || peer.currentWeight > best.currentWeight) best = peer;
  }
  if (best !== undefined) best.currentWeight -= total;
  return best;
}
