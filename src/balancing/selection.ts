import type { Peer } from './peer.js';
import type { PeerList } from './peer-list.js';
import { TriedSet } from './tried.js';

/** What nginx keeps of one request while it looks for a server, over all of the request's attempts. */
export class Selection {
  readonly tried = new TriedSet();
  /** Draws and probes of the hash and random methods; above 20 they leave the choice to round robin. */
  methodTries = 0;
  /** The running hash of the hash methods; the position on the ring of consistent hashing. */
  hash: number | undefined = undefined;
  /** How often the plain hash was computed. */
  rehashes = 0;

  constructor(
    /** Primaries first; the backups once no primary was left. */
    public list: PeerList,
    /** Value of the hash key, one character a byte. */
    readonly key: string,
    readonly remoteAddress: string,
  ) {}

  isEligible(peer: Peer, nowSec: number): boolean {
    return !this.tried.has(peer.position) && peer.isAvailable(nowSec);
  }

  /** Picks a peer for the next attempt. */
  take(peer: Peer, nowSec: number): Peer {
    this.tried.add(peer.position);
    this.list.inProgress += 1;
    peer.take(nowSec);
    return peer;
  }

  /** Turns to the backups; false when there are none or the request is already there. */
  turnToBackups(): boolean {
    if (this.list.next === undefined) return false;
    this.list = this.list.next;
    this.tried.clear();
    return true;
  }

  /** Counts one draw or probe that led nowhere; true while the method may go on. */
  mayProbeAgain(): boolean {
    this.methodTries += 1;
    return this.methodTries <= maxMethodTries;
  }

  /** Whether round robin decides instead of the hash or random method. */
  get isLeftToRoundRobin(): boolean {
    return this.list.isSingle || this.methodTries > maxMethodTries;
  }
}

const maxMethodTries = 20;
