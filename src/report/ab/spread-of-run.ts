import type { AbSpread } from '../../model/ab-figures.js';
import type { RunReport } from '../../model/report.js';

/** The block after ab's own lines, from a run's report; `undefined` when no response named its backend. */
export function spreadOfRun(run: RunReport, source: string): AbSpread | undefined {
  if (!run.backends.some(({ count, retries }) => count > 0 || retries > 0)) return undefined;
  return {
    source,
    backends: run.backends.map(({ address, count, share, expectedShare, retries, serviceMs }) => ({
      address,
      count,
      share,
      expectedShare,
      retries,
      p50Ms: serviceMs.p50,
      p99Ms: serviceMs.p99,
    })),
    unattributed: run.unattributed,
    skew: run.distribution.skew,
    skewNoise: run.distribution.skewNoise,
  };
}
