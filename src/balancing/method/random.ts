import { shown } from '../../text/shown.js';
import type { Peer } from '../peer.js';
import type { Selection } from '../selection.js';
import { peerAtWeight } from '../weighted.js';
import { type BalancingMethod, failed, type Picker, type RandomInteger } from './method.js';
import { byTurn } from './round-robin.js';

export const random: BalancingMethod<{ readonly method: 'random'; readonly two: boolean }> = {
  name: 'random',
  forms: ['random', 'random two least_conn'],
  takesBackups: false,
  read([two, by, ...rest]) {
    if (two === undefined) return { ok: true, value: { method: 'random', two: false } };
    if (two !== 'two') return failed(`expected "two" or nothing after random, got ${shown(two)}`);
    if (by !== undefined && by !== 'least_conn') {
      return failed(`expected "least_conn" or nothing after random two, got ${shown(by)}`);
    }
    if (rest.length > 0) return failed(`expected nothing after least_conn, got ${shown(rest.join(' '))}`);
    return { ok: true, value: { method: 'random', two: true } };
  },
  argsOf: ({ two }) => (two ? ['two', 'least_conn'] : []),
  decision: ({ two }) => ({ by: two ? 'load' : 'draw' }),
  start: ({ two }, _, next) => (two ? theLessLoadedOfTwo(next) : oneDrawn(next)),
};

/** `random`: a draw over the weights, again while the server is not eligible; above 20 misses round robin. */
function oneDrawn(next: RandomInteger): Picker {
  return (selection, nowSec) => {
    if (selection.isLeftToRoundRobin) return byTurn(selection, nowSec);
    do {
      const peer = draw(selection, next);
      if (selection.isEligible(peer, nowSec)) return selection.take(peer, nowSec);
    } while (selection.mayProbeAgain());
    return byTurn(selection, nowSec);
  };
}

/**
 * `random two least_conn`: two different servers are drawn, and the one with fewer requests in progress relative
 * to its weight is taken, the second of equals. The first draw costs a try too, so that with one server left round
 * robin always decides.
 */
function theLessLoadedOfTwo(next: RandomInteger): Picker {
  return (selection, nowSec) => {
    if (selection.isLeftToRoundRobin) return byTurn(selection, nowSec);
    let first: Peer | undefined;
    do {
      const peer = draw(selection, next);
      if (peer === first || !selection.isEligible(peer, nowSec)) continue;
      if (first === undefined) first = peer;
      else return selection.take(lessLoaded(first, peer), nowSec);
    } while (selection.mayProbeAgain());
    return byTurn(selection, nowSec);
  };
}

function draw({ list }: Selection, next: RandomInteger): Peer {
  return peerAtWeight(list, next() % list.totalWeight);
}

function lessLoaded(first: Peer, second: Peer): Peer {
  return second.conns * first.weight > first.conns * second.weight ? first : second;
}
