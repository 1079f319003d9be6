import type { Tally } from '../tally/tally.js';
import type { LoadProgress } from './load-job.js';

/** A look at a tally that is still being filled. */
export function progressOf(tally: Tally, elapsedUs: number): LoadProgress {
  const service = tally.overall('service');
  const p99Us = service.percentileUs(99);
  service.release();
  return {
    elapsedMs: elapsedUs / 1000,
    ended: tally.ended,
    failed: tally.ended - tally.responses,
    errors: tally.errorCount(),
    p99Ms: p99Us === undefined ? undefined : p99Us / 1000,
    backends: tally.cells.slice(1).map(({ address, count }) => ({ address, count })),
  };
}

/** The progress of parts of one load put together. */
export function mergedProgress(parts: readonly LoadProgress[]): LoadProgress {
  const backends = new Map<string, number>();
  for (const part of parts) {
    for (const { address, count } of part.backends)
      backends.set(address, (backends.get(address) ?? 0) + count);
  }
  const p99s = parts.map(({ p99Ms }) => p99Ms).filter((p99Ms) => p99Ms !== undefined);
  return {
    elapsedMs: Math.max(0, ...parts.map(({ elapsedMs }) => elapsedMs)),
    ended: parts.reduce((sum, { ended }) => sum + ended, 0),
    failed: parts.reduce((sum, { failed }) => sum + failed, 0),
    errors: parts.reduce((sum, { errors }) => sum + errors, 0),
    p99Ms: p99s.length === 0 ? undefined : Math.max(...p99s),
    backends: [...backends].map(([address, count]) => ({ address, count })),
  };
}
