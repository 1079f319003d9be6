import type { Upstream } from '../model/upstream.js';
import { Peer } from './peer.js';

/** The primaries of an upstream, or its backups. */
export class PeerList {
  readonly totalWeight: number;
  /** Peers that are not down. */
  readonly tries: number;
  /** One primary and no backups: nginx then ignores max_fails and fail_timeout altogether. */
  readonly isSingle: boolean;

  constructor(
    readonly peers: readonly Peer[],
    /** The backups behind the primaries. */
    readonly next: PeerList | undefined,
    isBackup: boolean,
  ) {
    // Servers marked down count, so that the hash methods leave the others' keys where they are.
    this.totalWeight = peers.reduce((sum, peer) => sum + peer.weight, 0);
    this.tries = peers.filter((peer) => !peer.line.down).length;
    this.isSingle = peers.length === 1 && next === undefined && !isBackup;
  }
}

/** The primaries' list of an upstream, with its backups as `next`; order as in the configuration. */
export function peerListOf({ servers }: Upstream): PeerList {
  const peersOf = (backup: boolean): Peer[] =>
    servers
      .map((line, index) => ({ line, index }))
      .filter(({ line }) => line.backup === backup)
      .map(({ line, index }, position) => new Peer(line, index, position));
  const backups = peersOf(true);
  return new PeerList(
    peersOf(false),
    backups.length > 0 ? new PeerList(backups, undefined, true) : undefined,
    false,
  );
}
