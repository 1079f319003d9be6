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
