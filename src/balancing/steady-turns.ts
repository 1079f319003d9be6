import type { Peer } from './peer.js';

/** Peers of one weight, as a heap: the one that is next stands first. */
type Heap = Peer[];

/**
 * Smooth weighted round robin over peers of which none has failed or can be full, so that every pass raises all of them by their weights.
 * Those of one weight then keep their order whatever is added, and a pick looks at the first of each weight only: nginx's result, pick
 * for pick, in the time that a heap takes instead of one that grows with the peers.
 */
export class SteadyTurns {
  readonly #heaps: readonly Heap[];
  readonly #total: number;
  /** By position: the score without what the passes so far have added. */
  readonly #scores: Float64Array;
  #passes = 0;

  constructor(peers: readonly Peer[]) {
    this.#scores = Float64Array.from(peers, ({ currentWeight }) => currentWeight);
    const byWeight = new Map<number, Heap>();
    let total = 0;
    for (const peer of peers) {
      if (!peer.hasRoom()) continue;
      total += peer.weight;
      const heap = byWeight.get(peer.weight);
      if (heap === undefined) byWeight.set(peer.weight, [peer]);
      else heap.push(peer);
    }
    this.#total = total;
    this.#heaps = [...byWeight.values()];
    for (const heap of this.#heaps) heap.sort((one, other) => (this.#isBefore(one, other) ? -1 : 1));
  }

  /** The next peer; `undefined` when all are down. */
  pick(): Peer | undefined {
    this.#passes += 1;
    let best: Heap | undefined;
    for (const heap of this.#heaps) if (best === undefined || this.#isAhead(heap, best)) best = heap;
    const peer = best?.[0];
    if (best === undefined || peer === undefined) return undefined;
    this.#scores[peer.position] = (this.#scores[peer.position] as number) - this.#total;
    this.#sink(best);
    return peer;
  }

  /** Gives the peers their scores back. */
  settle(): void {
    for (const heap of this.#heaps) for (const peer of heap) peer.currentWeight = this.#scoreOf(peer);
  }

  #scoreOf({ position, weight }: Peer): number {
    return (this.#scores[position] as number) + weight * this.#passes;
  }

  /** Whether the first of a heap is picked rather than that of another: by its score, of equals the earlier one. */
  #isAhead(heap: Heap, other: Heap): boolean {
    const [one, two] = [heap[0] as Peer, other[0] as Peer];
    const difference = this.#scoreOf(one) - this.#scoreOf(two);
    return difference > 0 || (difference === 0 && one.position < two.position);
  }

  /** The same within one weight, where passes make no difference. */
  #isBefore(one: Peer, other: Peer): boolean {
    const difference = (this.#scores[one.position] as number) - (this.#scores[other.position] as number);
    return difference > 0 || (difference === 0 && one.position < other.position);
  }

  #sink(heap: Heap): void {
    const peer = heap[0] as Peer;
    let at = 0;
    for (;;) {
      const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
      const isRight = left !== undefined && right !== undefined && this.#isBefore(right, left);
      const child = isRight ? right : left;
      if (child === undefined || this.#isBefore(peer, child)) break;
      heap[at] = child;
      at = 2 * at + (isRight ? 2 : 1);
    }
    heap[at] = peer;
  }
}

/** Fewer peers are looked at as quickly one by one. */
const fewest = 64;

/** The turns of some peers, where these are many and all of them steady. */
export function steadyTurnsOf(peers: readonly Peer[]): SteadyTurns | undefined {
  return peers.length >= fewest && peers.every(({ isSteady }) => isSteady)
    ? new SteadyTurns(peers)
    : undefined;
}
