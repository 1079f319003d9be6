import type { BackendBehaviour } from '../../model/plan.js';

/**
 * How long each answer takes, in milliseconds, one after the other: `latencyMs` plus or minus a uniform draw of up to
 * `jitterMs`, never below 0. The same seed gives the same sequence.
 */
export function latencies({ latencyMs, jitterMs }: BackendBehaviour, seed: number): () => number {
  const unit = seededUnits(seed);
  return () => (jitterMs === 0 ? latencyMs : Math.max(0, latencyMs + (2 * unit() - 1) * jitterMs));
}

/**
 * Uniform draws from [0, 1). The generator is mulberry32 (Tommy Ettinger, public domain): 32 bits of state suffice for a
 * jitter.
 */
export function seededUnits(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A slow server takes so many times as long as usual. */
export const slowFactor = 10;

/** What a latency becomes with a slow server, where usual is taken to be at least 10 ms. */
export function slowed(latencyMs: number): number {
  return slowFactor * Math.max(10, latencyMs);
}
