import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DrawnMix, ExactMix, type RequestMix } from '../../src/engine/request-mix.js';
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
        const counts = countsOf(new DrawnMix(given, value), given.length, 10_000);
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
        const mix = new DrawnMix(given, value);
        const forth = indexes.map((index) => mix.kindOf(index));
        const back = indexes.toReversed().map((index) => new DrawnMix(given, value).kindOf(index));
        expect(back.reverse()).toEqual(forth);
      }),
    );
  });

  it('does not depend on the scale of the weights', () => {
    fc.assert(
      fc.property(weights, seed, (given, value) => {
        const scaled = given.map((weight) => weight * 4);
        expect(countsOf(new DrawnMix(scaled, value), given.length, 500)).toEqual(
          countsOf(new DrawnMix(given, value), given.length, 500),
        );
      }),
    );
  });

  it('is of one kind when there is one', () => {
    expect(countsOf(new DrawnMix([0.001], 1), 1, 100)).toEqual([100]);
  });
});

/** As `countsOf` of a whole run, which must be a shuffle of it. */
function kindsOf(mix: RequestMix, requests: number): number[] {
  return Array.from({ length: requests }, (_, index) => mix.kindOf(index));
}

describe('a mix of exact numbers', () => {
  const counts = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 6 });

  it('has exactly so many of each, for any numbers and seed', () => {
    fc.assert(
      fc.property(counts, seed, (given, value) => {
        const total = given.reduce((sum, count) => sum + count, 0);
        expect(countsOf(new ExactMix(given, value), given.length, total)).toEqual(given);
      }),
    );
  });

  it('has a kind anywhere as often as anywhere else, and in no order', () => {
    const [mine, others, runs] = [3, 9, 10_000];
    const total = mine + others;
    const at = new Array<number>(total).fill(0);
    const pairs = new Array<number>(total).fill(0);
    for (let value = 0; value < runs; value++) {
      const kinds = kindsOf(new ExactMix([mine, others], value), total);
      kinds.forEach((kind, index) => {
        if (kind !== 0) return;
        at[index] = (at[index] ?? 0) + 1;
        // What comes behind it, all around, is one of the other two as often wherever it stands.
        if (kinds[(index + 1) % total] === 0) pairs[index] = (pairs[index] ?? 0) + 1;
      });
    }
    const share = (runs * mine) / total;
    // Three of twelve, drawn without putting back: less scattered than chi-square by (1 - 1/4).
    expect(chiSquare(at, new Array(total).fill(share)) / 0.75).toBeLessThan(chiSquareLimit(total - 1));
    const pair = share * ((mine - 1) / (total - 1));
    expect(chiSquare(pairs, new Array(total).fill(pair))).toBeLessThan(chiSquareLimit(total));
  });

  it('differs from seed to seed, and a warm-up has all kinds', () => {
    const one = kindsOf(new ExactMix([50, 50], 1), 100);
    expect(kindsOf(new ExactMix([50, 50], 2), 100)).not.toEqual(one);
    expect(kindsOf(new ExactMix([50, 50], 1), 100)).toEqual(one);
    const warmup = Array.from({ length: 100 }, (_, index) =>
      new ExactMix([50, 50], 1).kindOf(2 ** 40 + index),
    );
    expect(warmup.filter((kind) => kind === 0)).toHaveLength(50);
  });

  it('needs no memory for two billion', () => {
    const mix = new ExactMix([2 ** 30, 2 ** 30], 7);
    const [first] = countsOf(mix, 2, 20_000);
    expect(Math.abs((first ?? 0) - 10_000)).toBeLessThan(500);
    expect([0, 1]).toContain(mix.kindOf(2 ** 31 - 1));
  });
});
