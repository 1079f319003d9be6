import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DrawnText } from '../../src/engine/drawn-text.js';
import { chiSquare, chiSquareLimit } from './chi-square.js';

const range = fc
  .tuple(fc.nat(1000), fc.nat(1000))
  .map(([from, size]) => ({ from, to: from + size, text: `{${from}..${from + size}}` }));
/** Text without braces, in which nothing is a range. */
const literal = fc.string({ maxLength: 10 }).map((text) => text.replaceAll(/[{}]/g, ''));
const ranged = fc
  .tuple(literal, fc.array(fc.tuple(range, literal), { maxLength: 4 }))
  .map(([first, rest]) => ({
    literals: [first, ...rest.map(([, after]) => after)],
    ranges: rest.map(([{ from, to }]) => ({ from, to })),
    text: first + rest.map(([{ text }, after]) => text + after).join(''),
  }));

const drawn = (text: string, seed = 1) => new DrawnText(text, 'text', seed, 1);

describe('drawing from ranges', () => {
  it('gives every request a text of the right form, the same for the same seed', () => {
    fc.assert(
      fc.property(ranged, fc.nat(), fc.nat(), ({ literals, ranges, text }, seed, index) => {
        const one = drawn(text, seed).textOf(index);
        expect(one).toBe(drawn(text, seed).textOf(index));
        const escaped = literals.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&'));
        const numbers = new RegExp(`^${escaped.join('(\\d+)')}$`).exec(one)?.slice(1) ?? [];
        expect(numbers).toHaveLength(ranges.length);
        // Where two ranges touch, how their digits divide is anybody's guess.
        if (literals.slice(1, -1).some((part) => part === '' || /^\d|\d$/.test(part))) return;
        ranges.forEach(({ from, to }, i) => {
          if (/\d$/.test(literals[i] ?? '') || /^\d/.test(literals[i + 1] ?? '')) return;
          expect(Number(numbers[i])).toBeGreaterThanOrEqual(from);
          expect(Number(numbers[i])).toBeLessThanOrEqual(to);
        });
      }),
    );
  });

  it('is uniform over a range', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 2, max: 60 }), fc.nat(1000), (seed, size, from) => {
        const text = drawn(`/{${from}..${from + size - 1}}`, seed);
        const counts = new Array<number>(size).fill(0);
        for (let index = 0; index < 6000; index++) {
          const value = Number(text.textOf(index).slice(1)) - from;
          counts[value] = (counts[value] ?? 0) + 1;
        }
        expect(counts).toHaveLength(size);
        expect(chiSquare(counts, new Array(size).fill(6000 / size))).toBeLessThan(chiSquareLimit(size - 1));
      }),
      // A statistical test: always the same draws.
      { numRuns: 50, seed: 1 },
    );
  });

  it('draws two ranges apart from each other', () => {
    const text = drawn('{0..7}-{0..7}');
    const grid = new Array<number>(64).fill(0);
    for (let index = 0; index < 20_000; index++) {
      const [a = 0, b = 0] = text.textOf(index).split('-').map(Number);
      grid[a * 8 + b] = (grid[a * 8 + b] ?? 0) + 1;
    }
    expect(chiSquare(grid, new Array(64).fill(20_000 / 64))).toBeLessThan(chiSquareLimit(63));
  });
});

describe('combinations', () => {
  it('name texts: the same number is the same text, another number another', () => {
    const small = fc.array(fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 6 })), { maxLength: 3 });
    fc.assert(
      fc.property(small, fc.nat(), (sizes, seed) => {
        const text = drawn(sizes.map(([from, size]) => `{${from}..${from + size - 1}}`).join('/'), seed);
        const count = text.combinations;
        expect(count).toBe(sizes.reduce((product, [, size]) => product * size, 1));
        const textOf = new Map<number, string>();
        for (let index = 0; index < 200; index++) {
          const combination = text.combinationOf(index);
          expect(combination).toBeGreaterThanOrEqual(0);
          expect(combination).toBeLessThan(count);
          const one = text.textOf(index);
          expect(textOf.get(combination) ?? one).toBe(one);
          textOf.set(combination, one);
        }
        expect(new Set(textOf.values()).size).toBe(textOf.size);
      }),
    );
  });

  it('are all drawn in time', () => {
    const text = drawn('{1..3}{1..3}');
    const all = new Set(Array.from({ length: 500 }, (_, index) => text.combinationOf(index)));
    expect([...all].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('may be more than a number can tell apart, and every range is uniform still', () => {
    // 10^31 of them. Drawn as one number and taken apart again, the last digit was always even.
    const text = drawn('{0..999999999999999}/{0..999999999999999}/{0..9}');
    const counts = new Array<number>(10).fill(0);
    for (let index = 0; index < 5000; index++) {
      const last = Number(text.textOf(index).split('/')[2]);
      counts[last] = (counts[last] ?? 0) + 1;
    }
    expect(counts).toHaveLength(10);
    expect(chiSquare(counts, new Array(10).fill(500))).toBeLessThan(chiSquareLimit(9));
  });
});

describe('{uuid} and {seq}', () => {
  it('are of the request: a UUID of version 4 each, and its number', () => {
    const text = drawn('{uuid} {seq} {uuid}');
    const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    const seen = new Set<string>();
    for (let index = 0; index < 1000; index++) {
      const [first = '', number, second = ''] = text.textOf(index).split(' ');
      for (const one of [first, second]) {
        expect(one).toMatch(uuid);
        seen.add(one);
      }
      expect(number).toBe(String(index + 1));
    }
    expect(seen.size).toBe(2000);
    expect(text.textOf(7)).toBe(drawn('{uuid} {seq} {uuid}').textOf(7));
    expect(text.textOf(7)).not.toBe(drawn('{uuid} {seq} {uuid}', 2).textOf(7));
    expect(text.combinations).toBe(Number.POSITIVE_INFINITY);
  });
});
