import { describe, expect, it } from 'vitest';
import { glibcRandom } from '../../src/balancing/glibc-random.js';

function draws(seed: number, count: number): number[] {
  const random = glibcRandom(seed);
  return Array.from({ length: count }, random);
}

describe('glibcRandom', () => {
  it('draws what random() of glibc 2.36 draws', () => {
    // gcc: for (int i = 0; i < 5; i++) printf("%ld ", random()); after srandom(seed).
    expect(draws(1, 5)).toEqual([1804289383, 846930886, 1681692777, 1714636915, 1957747793]);
    expect(draws(3_000_000_000, 5)).toEqual([2058147116, 854483408, 922419988, 286396165, 2068523933]);
    expect(draws(0xffffffff, 5)).toEqual([254925627, 1205188300, 366127624, 1401405153, 76053476]);
  });

  it('takes seed 0 for 1, as srandom does', () => {
    expect(draws(0, 3)).toEqual(draws(1, 3));
  });
});
