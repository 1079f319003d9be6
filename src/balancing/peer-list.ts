import type { Upstream } from '../model/upstream.js';
import { Peer } from './peer.js';
import { type SteadyTurns, steadyTurnsOf } from './steady-turns.js';

/** Passes after which it is no use to put the turns in order again. */
const mostPasses = 8;

/** The primaries of an upstream, or its backups. */
export class PeerList {
  readonly totalWeight: number;
  /** By position: the weights of the peers up to it, its own among them. */
  readonly weightUpTo: Float64Array;
  /** Peers that are not down. */
  readonly tries: number;
  /** One primary and no backups: nginx then ignores max_fails and fail_timeout altogether. */
  readonly isSingle: boolean;

  /** Requests in progress at its peers. */
  inProgress = 0;
  /** Passes that were made without the turns. */
  #passes = 0;
  /** Of round robin, while no peer has failed; `null` before they are first asked for, and again when a pass was made without them. */
  #turns: SteadyTurns | null | undefined = null;

  constructor(
    readonly peers: readonly Peer[],
    /** The backups behind the primaries. */
    readonly next: PeerList | undefined,
    isBackup: boolean,
  ) {
    // Servers marked down count, so that the hash methods leave the others' keys where they are.
    this.weightUpTo = new Float64Array(peers.length);
    let sum = 0;
    for (const [position, { weight }] of peers.entries()) {
      sum += weight;
      this.weightUpTo[position] = sum;
    }
    this.totalWeight = sum;
    this.tries = peers.filter((peer) => !peer.line.down).length;
    this.isSingle = peers.length === 1 && next === undefined && !isBackup;
  }

  /** A quick way to whose turn it is; `undefined` where the peers must be looked at one by one. */
  get turns(): SteadyTurns | undefined {
    if (this.#turns === null) this.#turns = steadyTurnsOf(this.peers);
    return this.#turns;
  }

  /** Has the peers themselves tell whose turn it is: for this pass, or for good when one of them has failed. */
  settle(isForGood: boolean): void {
    if (this.#turns === undefined) return;
    this.#turns?.settle();
    // Putting them in order takes longer than a pass; where there are many of those, nothing is won.
    this.#passes += 1;
    this.#turns = isForGood || this.#passes > mostPasses ? undefined : null;
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
