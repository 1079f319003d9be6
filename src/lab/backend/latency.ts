import type { BackendBehaviour } from '../../model/plan.js';

/**
 * How long each answer takes, in milliseconds, one after the other: `latencyMs` plus or minus a uniform draw of up to
 * `jitterMs`, never below 0. The same seed gives the same sequence.
 *
 * The generator is mulberry32 (Tommy Ettinger, public domain): 32 bits of state suffice for a jitter.
 */
export function latencies({ latencyMs, jitterMs }: BackendBehaviour, seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    if (jitterMs === 0) return latencyMs;
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    const unit = ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
    return Math.max(0, latencyMs + (2 * unit - 1) * jitterMs);
  };
}

/** A slow server takes ten times as long as usual, where usual is taken to be at least 10 ms. */
export function slowed(latencyMs: number): number {
  return 10 * Math.max(10, latencyMs);
}
