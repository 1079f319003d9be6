import { describe, expect, it } from 'vitest';
import { chiSquareTest } from '../../src/stats/chi-square-test.js';
import { seededRandom, xoshiro128 } from './seeded-random.js';

describe('xoshiro128', () => {
  it('gives the numbers of the authors’ C program for the state 1, 2, 3, 4', () => {
    // xoshiro128starstar.c 1.1, compiled with gcc and printed.
    const next = xoshiro128([1, 2, 3, 4]);
    expect(Array.from({ length: 8 }, next)).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849,
    ]);
  });
});

describe('seededRandom', () => {
  const draw = (seed: number, count: number) => Array.from({ length: count }, seededRandom(seed));

  it('repeats itself for the same seed and differs for another', () => {
    expect(draw(1, 5)).toEqual(draw(1, 5));
    const firsts = [0, 1, 2, -1, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER].map(
      (seed) => draw(seed, 1)[0],
    );
    expect(new Set(firsts).size).toBe(firsts.length);
  });

  it('stays from 0 to below 1 and falls evenly into 16 cells', () => {
    const cells = new Array<number>(16).fill(0);
    const values = draw(7, 160_000);
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
    for (const value of values) {
      const cell = Math.floor(value * 16);
      cells[cell] = (cells[cell] ?? 0) + 1;
    }
    const test = chiSquareTest(cells.map((count) => ({ count, share: 1 / 16 })));
    expect(test?.pValue).toBeGreaterThan(0.001);
  });
});
