/** Draws a number from 0 to below 1. */
export type Random = () => number;

/**
 * A generator of pseudo-random numbers: the same seed gives the same sequence everywhere.
 *
 * xoshiro128** 1.1 (D. Blackman and S. Vigna 2018, public domain, https://prng.di.unimi.it/xoshiro128starstar.c): period
 * 2^128 - 1, 32 bits a step, two steps a number for the full 53 bits of a double. As its authors advise, the state comes
 * from another kind of generator, here SplitMix with the 32-bit finaliser of MurmurHash3 (A. Appleby, public domain).
 *
 * @param seed a safe integer; both its halves count
 */
export function seededRandom(seed: number): Random {
  const step = xoshiro128(stateFrom(seed));
  return () => ((step() >>> 5) * 0x4000000 + (step() >>> 6)) / 0x20000000000000;
}

/** The bare generator over four 32-bit words that are not all 0; gives unsigned 32-bit integers. */
export function xoshiro128(state: readonly [number, number, number, number]): () => number {
  let [s0, s1, s2, s3] = state;
  return () => {
    const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = rotateLeft(s3, 11);
    return result;
  };
}

function stateFrom(seed: number): [number, number, number, number] {
  const low = seed >>> 0;
  const high = Math.floor(seed / 0x100000000) | 0;
  const word = (index: number) => finalise(finalise(low + Math.imul(index, 0x9e3779b9)) ^ high);
  return [word(1), word(2), word(3), word(4)];
}

function finalise(word: number): number {
  let hash = word | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
