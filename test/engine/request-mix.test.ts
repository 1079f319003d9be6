import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestMix } from '../../src/engine/request-mix.js';
import { chiSquare, chiSquareLimit } from './chi-square.js';

const seed = fc.integer({ min: 0, max: 2 ** 53 - 1 });
const weights = fc.array(fc.double({ min: 0.5, max: 20, noNaN: true }), { minLength: 2, maxLength: 8 });

function countsOf(mix: RequestMix, kinds: number, requests: number): number[] {
  const counts = new Array<number>(kinds).fill(0);
  for (let index = 0; index < requests; index++) {
    const kind = mix.kindOf(index);
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

describe('the mix of requests', () => {
  it('has each kind in proportion to its weight', () => {
    fc.assert(
      fc.property(weights, seed, (given, value) => {
        const total = given.reduce((sum, weight) => sum + weight, 0);
        const counts = countsOf(new RequestMix(given, value), given.length, 10_000);
        expect(
          chiSquare(
            counts,
            given.map((weight) => (weight / total) * 10_000),
          ),
        ).toBeLessThan(chiSquareLimit(given.length - 1));
      }),
      // A statistical test: always the same draws.
      { seed: 1 },
    );
  });

  it('is the same for the same seed, in whatever order requests are asked for', () => {
    fc.assert(
      fc.property(weights, seed, fc.array(fc.nat(), { maxLength: 50 }), (given, value, indexes) => {
        const mix = new RequestMix(given, value);
        const forth = indexes.map((index) => mix.kindOf(index));
        const back = indexes.toReversed().map((index) => new RequestMix(given, value).kindOf(index));
        expect(back.reverse()).toEqual(forth);
      }),
    );
  });

  it('does not depend on the scale of the weights', () => {
    fc.assert(
      fc.property(weights, seed, (given, value) => {
        const scaled = given.map((weight) => weight * 4);
        expect(countsOf(new RequestMix(scaled, value), given.length, 500)).toEqual(
          countsOf(new RequestMix(given, value), given.length, 500),
        );
      }),
    );
  });

  it('is of one kind when there is one', () => {
    expect(countsOf(new RequestMix([0.001], 1), 1, 100)).toEqual([100]);
  });
});
