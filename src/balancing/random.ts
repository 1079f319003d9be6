import type { Peer } from './peer.js';
import { roundRobin } from './round-robin.js';
import type { Method, Selection } from './selection.js';
import { peerAtWeight } from './weighted.js';

/** Integers from 0 to 2^31 - 1, evenly, as C's `random()`; see `glibcRandom`. */
export type RandomInteger = () => number;

/** `random`: a draw over the weights, again while the server is not eligible; above 20 misses round robin. */
export function randomOne(random: RandomInteger): Method {
  return (selection, nowSec) => {
    if (selection.isLeftToRoundRobin) return roundRobin(selection, nowSec);
    do {
      const peer = draw(selection, random);
      if (selection.isEligible(peer, nowSec)) return selection.take(peer, nowSec);
    } while (selection.mayProbeAgain());
    return roundRobin(selection, nowSec);
  };
}

/**
 * `random two least_conn`: two different servers are drawn, and the one with fewer requests in progress relative
 * to its weight is taken, the second of equals. The first draw costs a try too, so that with one server left round
 * robin always decides.
 */
export function randomTwo(random: RandomInteger): Method {
  return (selection, nowSec) => {
    if (selection.isLeftToRoundRobin) return roundRobin(selection, nowSec);
    let first: Peer | undefined;
    do {
      const peer = draw(selection, random);
      if (peer === first || !selection.isEligible(peer, nowSec)) continue;
      if (first === undefined) first = peer;
      else return selection.take(lessLoaded(first, peer), nowSec);
    } while (selection.mayProbeAgain());
    return roundRobin(selection, nowSec);
  };
}

function draw({ list }: Selection, random: RandomInteger): Peer {
  return peerAtWeight(list, random() % list.totalWeight);
}

function lessLoaded(first: Peer, second: Peer): Peer {
  return second.conns * first.weight > first.conns * second.weight ? first : second;
}
