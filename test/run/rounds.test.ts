import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roundsOf } from '../../src/run/rounds.js';

describe('roundsOf', () => {
  it('goes through the algorithms there and back', () => {
    const order = roundsOf(['A', 'B', 'C'], 3).map(({ algorithm, round }) => `${algorithm}${round}`);
    expect(order).toEqual(['A1', 'B1', 'C1', 'C2', 'B2', 'A2', 'A3', 'B3', 'C3']);
  });

  it('numbers nothing that happens once', () => {
    expect(roundsOf(['A', 'B'], 1)).toEqual([
      { algorithm: 'A', round: undefined },
      { algorithm: 'B', round: undefined },
    ]);
  });

  it('gives all algorithms the same mean place in time over an even number of rounds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 5 }), (size, pairs) => {
        const algorithms = Array.from({ length: size }, (_, index) => index);
        const order = roundsOf(algorithms, 2 * pairs);
        for (const algorithm of algorithms) {
          const places = order.flatMap((round, place) => (round.algorithm === algorithm ? [place] : []));
          expect(places).toHaveLength(2 * pairs);
          // The mean of all places 0 to n - 1.
          expect(places.reduce((sum, place) => sum + place, 0) / places.length).toBe((order.length - 1) / 2);
        }
      }),
    );
  });
});
