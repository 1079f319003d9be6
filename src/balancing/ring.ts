import { LbbenchError } from '../model/fault.js';
import { crc32, crc32OfUint32 } from './crc32.js';
import type { Peer } from './peer.js';
import type { PeerList } from './peer-list.js';

const pointsPerWeight = 160;
/** 128 MB of points while sorting; nginx itself would need about as long for such a ring. */
const maxPoints = 2 ** 24;
/** A point and its server fit one float64: 32 bits of value, 21 bits of server. */
const serverLimit = 2 ** 21;

/** The circle of consistent hashing (ketama, as Cache::Memcached::Fast), built once from the primaries. */
export class Ring {
  /** Points in rising order, without duplicates. */
  private readonly points: Uint32Array;
  /** For each point its server, an index into `groups`. */
  private readonly serverAt: Uint32Array;
  /** Peers by their server string; more than one for repeated lines and names with several addresses. */
  private readonly groups: readonly (readonly Peer[])[];

  constructor({ peers, totalWeight }: PeerList) {
    const count = totalWeight * pointsPerWeight;
    if (count > maxPoints || peers.length > serverLimit) {
      const most = Math.floor(maxPoints / pointsPerWeight);
      throw new LbbenchError('usage', [
        {
          message: `expected weights of at most ${most} together for a consistent hash, got ${totalWeight}`,
          hint: 'divide the weights by a common number',
        },
      ]);
    }
    const groups = new Map<string, { readonly id: number; readonly peers: Peer[] }>();
    const keyed = new Float64Array(count);
    let filled = 0;
    for (const peer of peers) {
      const { server } = peer.line;
      const group = groups.get(server) ?? { id: groups.size, peers: [] };
      groups.set(server, group);
      group.peers.push(peer);
      const base = crc32(ringName(server));
      let point = 0;
      for (let left = peer.weight * pointsPerWeight; left > 0; left -= 1) {
        point = crc32OfUint32(point, base);
        keyed[filled] = point * serverLimit + group.id;
        filled += 1;
      }
    }
    keyed.sort();
    this.points = new Uint32Array(count);
    this.serverAt = new Uint32Array(count);
    let kept = 0;
    for (const key of keyed) {
      const point = Math.floor(key / serverLimit);
      // Of servers that share a point the one declared first keeps it.
      if (kept > 0 && this.points[kept - 1] === point) continue;
      this.points[kept] = point;
      this.serverAt[kept] = key % serverLimit;
      kept += 1;
    }
    this.points = this.points.subarray(0, kept);
    this.serverAt = this.serverAt.subarray(0, kept);
    this.groups = [...groups.values()].map((group) => group.peers);
  }

  /** Index of the first point at or above a hash; one past the last point wraps around. */
  indexOf(hash: number): number {
    let [low, high] = [0, this.points.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.points[middle] ?? 0) < hash) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The peers of the server at a point. */
  peersAt(index: number): readonly Peer[] {
    return this.groups[this.serverAt[index % this.points.length] ?? 0] ?? [];
  }
}

/**
 * What of a server string is hashed: host, a zero byte, port, as bytes. No default port is added, and the case is
 * kept, so `localhost`, `localhost:80` and `LOCALHOST` are three different servers.
 */
function ringName(server: string): string {
  const unix = /^unix:(.*)$/is.exec(server);
  const tcp = unix === null ? /^(.*):(\d*)$/s.exec(server) : null;
  const [host = server, port = ''] = [unix?.[1] ?? tcp?.[1], tcp?.[2]];
  return Buffer.from(`${host}\0${port}`).toString('latin1');
}
