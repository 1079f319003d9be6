import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { latencies, slowed } from '../../../src/lab/backend/latency.js';

function draw(count: number, latencyMs: number, jitterMs: number, seed: number): number[] {
  const next = latencies({ latencyMs, jitterMs, slots: undefined }, seed);
  return Array.from({ length: count }, next);
}

describe('the latency of a demo backend', () => {
  it('is constant without jitter', () => {
    expect(draw(3, 20, 0, 1)).toEqual([20, 20, 20]);
  });

  it('repeats for the same seed and differs for another', () => {
    expect(draw(5, 20, 10, 7)).toEqual(draw(5, 20, 10, 7));
    expect(draw(5, 20, 10, 7)).not.toEqual(draw(5, 20, 10, 8));
  });

  it('stays within the jitter and above 0', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), fc.integer(), (latencyMs, jitterMs, seed) => {
        for (const ms of draw(20, latencyMs, jitterMs, seed)) {
          expect(ms).toBeGreaterThanOrEqual(Math.max(0, latencyMs - jitterMs));
          expect(ms).toBeLessThanOrEqual(latencyMs + jitterMs);
        }
      }),
    );
  });

  it('is uniform: the mean of 10,000 draws of 100 plus or minus 100 lies within five standard errors', () => {
    const mean = draw(10_000, 100, 100, 1).reduce((sum, ms) => sum + ms, 0) / 10_000;
    // Standard deviation of a uniform width of 200: 200 / sqrt(12) = 57.7; standard error 0.577.
    expect(Math.abs(mean - 100)).toBeLessThan(5 * 0.577);
  });

  it('is ten times as long when slow, counting from at least 10 ms', () => {
    expect([slowed(0), slowed(10), slowed(25)]).toEqual([100, 100, 250]);
  });
});
