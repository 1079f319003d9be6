import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomUint32, randomUnit } from '../../src/engine/counter-random.js';
import { chiSquare, chiSquareLimit } from './chi-square.js';

const seed = fc.integer({ min: 0, max: 2 ** 53 - 1 });
const index = fc.integer({ min: 0, max: 2 ** 53 - 1 });
const draw = fc.integer({ min: -1, max: 40 });

describe('numbers by seed, index and draw', () => {
  it('are a pure function of the three, in [0, 1)', () => {
    fc.assert(
      fc.property(seed, index, draw, (s, i, d) => {
        const unit = randomUnit(s, i, d);
        expect(unit).toBe(randomUnit(s, i, d));
        expect(unit).toBeGreaterThanOrEqual(0);
        expect(unit).toBeLessThan(1);
        expect(unit * 2 ** 32).toBe(randomUint32(s, i, d));
      }),
    );
  });

  it('are uniform over the indexes, for any seed and draw', () => {
    fc.assert(
      fc.property(seed, draw, index, (s, d, start) => {
        const counts = new Array<number>(64).fill(0);
        const first = Math.min(start, 2 ** 53 - 20_000);
        for (let i = 0; i < 20_000; i++) {
          const cell = randomUint32(s, first + i, d) >>> 26;
          counts[cell] = (counts[cell] ?? 0) + 1;
        }
        expect(chiSquare(counts, new Array(64).fill(20_000 / 64))).toBeLessThan(chiSquareLimit(63));
      }),
      // A statistical test: always the same draws.
      { numRuns: 50, seed: 1 },
    );
  });

  it.each<[string, (n: number) => [number, number]]>([
    ['draws of one index', (n) => [randomUint32(1, n, 0), randomUint32(1, n, 1)]],
    ['indexes that follow each other', (n) => [randomUint32(1, n, 0), randomUint32(1, n + 1, 0)]],
    ['seeds that follow each other', (n) => [randomUint32(n, 5, 0), randomUint32(n + 1, 5, 0)]],
    ['index and seed changed over', (n) => [randomUint32(n, 3, 0), randomUint32(3, n, 0)]],
    ['indexes 2^32 apart', (n) => [randomUint32(1, n, 0), randomUint32(1, n + 2 ** 32, 0)]],
    ['seeds 2^32 apart', (n) => [randomUint32(n, 1, 0), randomUint32(n + 2 ** 32, 1, 0)]],
  ])('are independent between %s', (_name, pairOf) => {
    // Pairs over an 8 × 8 grid, and how many of the 32 bits differ: half of them.
    const grid = new Array<number>(64).fill(0);
    let bits = 0;
    const pairs = 20_000;
    for (let n = 10; n < 10 + pairs; n++) {
      const [a, b] = pairOf(n);
      const cell = ((a >>> 29) << 3) | (b >>> 29);
      grid[cell] = (grid[cell] ?? 0) + 1;
      for (let rest = a ^ b; rest !== 0; rest &= rest - 1) bits++;
    }
    expect(chiSquare(grid, new Array(64).fill(pairs / 64))).toBeLessThan(chiSquareLimit(63));
    // 640,000 fair bits: standard deviation 400, five of them.
    expect(Math.abs(bits - pairs * 16)).toBeLessThan(2000);
  });

  it('hardly ever repeat', () => {
    const seen = new Set<number>();
    for (let i = 0; i < 20_000; i++) seen.add(randomUint32(1, i, 0));
    // Chance repeats 20000² / 2 / 2^32 = 0.05 of them.
    expect(seen.size).toBeGreaterThan(19_996);
  });
});
