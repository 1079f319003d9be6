import { crc32 } from './crc32.js';
import type { Peer } from './peer.js';
import { roundRobin } from './round-robin.js';
import type { Selection } from './selection.js';
import { peerAtWeight } from './weighted.js';

/**
 * `hash KEY`: CRC-32 of the key over the weights, as Cache::Memcached. While the server is not eligible the key is
 * hashed again with the number of the rehash in front, and the hashes are added up. Above 20 misses, or
 * with an empty key, round robin decides.
 */
export function plainHash(selection: Selection, nowSec: number): Peer | undefined {
  const { list, key } = selection;
  if (selection.isLeftToRoundRobin || key === '') return roundRobin(selection, nowSec);
  do {
    const text = selection.rehashes === 0 ? key : `${selection.rehashes}${key}`;
    selection.hash = ((selection.hash ?? 0) + ((crc32(text) >>> 16) & 0x7fff)) >>> 0;
    selection.rehashes += 1;
    const peer = peerAtWeight(list, selection.hash % list.totalWeight);
    if (selection.isEligible(peer, nowSec)) return selection.take(peer, nowSec);
  } while (selection.mayProbeAgain());
  return roundRobin(selection, nowSec);
}
