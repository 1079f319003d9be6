import { shown } from '../../text/shown.js';
import { crc32 } from '../crc32.js';
import type { Peer } from '../peer.js';
import type { PeerList } from '../peer-list.js';
import { Ring } from '../ring.js';
import type { Selection } from '../selection.js';
import { peerAtWeight } from '../weighted.js';
import { type BalancingMethod, failed, type Picker } from './method.js';
import { byTurn } from './round-robin.js';

type Hash = { readonly method: 'hash'; readonly key: string; readonly consistent: boolean };

export const hash: BalancingMethod<Hash> = {
  name: 'hash',
  forms: ['hash KEY', 'hash KEY consistent'],
  takesBackups: false,
  read([key, option, ...rest]) {
    if (key === undefined) return failed('expected a key after hash, got nothing');
    if (option !== undefined && option !== 'consistent') {
      return failed(`expected "consistent" or nothing after the key, got ${shown(option)}`);
    }
    if (rest.length > 0) return failed(`expected nothing after consistent, got ${shown(rest.join(' '))}`);
    return { ok: true, value: { method: 'hash', key, consistent: option === 'consistent' } };
  },
  argsOf: ({ key, consistent }) => (consistent ? [key, 'consistent'] : [key]),
  decision: ({ key }) => ({ by: 'key', template: key, partOf: (value) => value }),
  start: ({ consistent }, primaries) => (consistent ? byRing(primaries) : byKey),
};

/**
 * `hash KEY`: CRC-32 of the key over the weights, as Cache::Memcached. While the server is not eligible the key is
 * hashed again with the number of the rehash in front, and the hashes are added up. Above 20 misses, or
 * with an empty key, round robin decides.
 */
function byKey(selection: Selection, nowSec: number): Peer | undefined {
  const { list, key } = selection;
  if (selection.isLeftToRoundRobin || key === '') return byTurn(selection, nowSec);
  do {
    const text = selection.rehashes === 0 ? key : `${selection.rehashes}${key}`;
    selection.hash = ((selection.hash ?? 0) + ((crc32(text) >>> 16) & 0x7fff)) >>> 0;
    selection.rehashes += 1;
    const peer = peerAtWeight(list, selection.hash % list.totalWeight);
    if (selection.isEligible(peer, nowSec)) return selection.take(peer, nowSec);
  } while (selection.mayProbeAgain());
  return byTurn(selection, nowSec);
}

/**
 * `hash KEY consistent`: the first point of the ring at or above the key's CRC-32 names the server. While that
 * server is not eligible the next point is tried (a point, not the next server). Above 20 misses, or with an empty
 * key, round robin decides.
 *
 * @throws LbbenchError when the weights are too large to build a ring from
 */
function byRing(primaries: PeerList): Picker {
  const ring = new Ring(primaries);
  return (selection, nowSec) => {
    if (selection.isLeftToRoundRobin || selection.key === '') return byTurn(selection, nowSec);
    let index = selection.hash ?? ring.indexOf(crc32(selection.key));
    for (;;) {
      const peer = amongSame(ring.peersAt(index), selection, nowSec);
      if (peer !== undefined) {
        // The failed server's own point is looked at again when the request comes back.
        selection.hash = index;
        return selection.take(peer, nowSec);
      }
      index += 1;
      if (!selection.mayProbeAgain()) return byTurn(selection, nowSec);
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
