import { formatIPv6, parseIPv4, parseIPv6 } from '../../text/ip.js';
import type { Peer } from '../peer.js';
import type { Selection } from '../selection.js';
import { peerAtWeight } from '../weighted.js';
import { type BalancingMethod, withoutArgs } from './method.js';
import { byTurn } from './round-robin.js';

export const ipHash: BalancingMethod<{ readonly method: 'ip_hash' }> = {
  name: 'ip_hash',
  forms: ['ip_hash'],
  takesBackups: false,
  ...withoutArgs('ip_hash'),
  decision: () => ({ by: 'key', template: '$remote_addr', partOf: ipHashKey }),
  start: () => byAddress,
};

/**
 * `ip_hash`: a hash of the client's address over the weights: the first three octets of an IPv4 address, all
 * sixteen bytes of an IPv6 one. While the server is not eligible the same bytes are hashed on top. Above 20 misses
 * round robin decides.
 */
function byAddress(selection: Selection, nowSec: number): Peer | undefined {
  const { list } = selection;
  if (selection.isLeftToRoundRobin) return byTurn(selection, nowSec);
  const bytes = addressBytes(selection.remoteAddress);
  let hash = selection.hash ?? 89;
  do {
    for (const byte of bytes) hash = (hash * 113 + byte) % 6271;
    const peer = peerAtWeight(list, hash % list.totalWeight);
    if (selection.isEligible(peer, nowSec)) {
      selection.hash = hash;
      return selection.take(peer, nowSec);
    }
  } while (selection.mayProbeAgain());
  return byTurn(selection, nowSec);
}

/** What of a client's address decides: its /24 (`192.168.1.0/24`), a whole IPv6 address, or `unix:` for anything else. */
export function ipHashKey(remoteAddress: string): string {
  const octets = parseIPv4(remoteAddress);
  if (octets !== undefined) return `${octets[0]}.${octets[1]}.${octets[2]}.0/24`;
  const bytes = parseIPv6(remoteAddress);
  return bytes === undefined ? 'unix:' : formatIPv6(bytes);
}

const noAddress = new Uint8Array(3);

/** The bytes that count; three zeros for a client on a unix socket. */
function addressBytes(remoteAddress: string): Uint8Array {
  return parseIPv4(remoteAddress)?.subarray(0, 3) ?? parseIPv6(remoteAddress) ?? noAddress;
}
