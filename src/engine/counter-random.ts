/**
 * Random numbers as a pure function of (seed, index, draw): the same request of a run draws the same numbers
 * whatever thread or connection sends it, so a seed fixes a run's requests for any concurrency.
 *
 * The mixing steps are those of MurmurHash3's 32-bit finaliser (Austin Appleby, public domain), applied once a word.
 */
export function randomUint32(seed: number, index: number, draw: number): number {
  let hash = mix(seed | 0, index | 0);
  // Indexes above 2^32 and seeds above 2^32 must not repeat the ones below.
  hash = mix(hash, Math.floor(index / 0x1_0000_0000) ^ Math.floor(seed / 0x1_0000_0000));
  return mix(hash, draw) >>> 0;
}

/** Uniform in [0, 1), in steps of 2^-32. */
export function randomUnit(seed: number, index: number, draw: number): number {
  return randomUint32(seed, index, draw) / 0x1_0000_0000;
}

function mix(state: number, word: number): number {
  let h = (state ^ Math.imul(word + 0x9e3779b9, 0xcc9e2d51)) | 0;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  h ^= h >>> 16;
  return h;
}
