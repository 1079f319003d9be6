import type { RunReport } from '../../model/report.js';

/** A stretch of a run. Counts and requests in flight are in the order of the run's backends. */
export interface TimeBin {
  readonly fromMs: number;
  readonly toMs: number;
  /** Responses completed. */
  readonly counts: readonly number[];
  /** Mean requests in flight. */
  readonly inFlight: readonly number[];
}

/** A run's timeline in at most `mostBins` stretches of equal length, the last one as long as is left. */
export function timelineBins({ timeline, backends, load }: RunReport, mostBins: number): TimeBin[] {
  const slicesPerBin = Math.max(1, Math.ceil(timeline.length / mostBins));
  const bins: TimeBin[] = [];
  for (let start = 0; start < timeline.length; start += slicesPerBin) {
    const slices = timeline.slice(start, start + slicesPerBin);
    const fromMs = slices[0]?.atMs ?? 0;
    const last = slices.at(-1);
    const fullMs = (last?.atMs ?? 0) + (last?.sliceMs ?? 0);
    // The run ends inside its last slice; what was in flight there is spread over the part that was measured.
    const toMs = load.durationMs > fromMs ? Math.min(fullMs, load.durationMs) : fullMs;
    const each = (figure: (slice: (typeof slices)[number], address: string) => number) =>
      backends.map(({ address }) => slices.reduce((sum, slice) => sum + figure(slice, address), 0));
    bins.push({
      fromMs,
      toMs,
      counts: each(({ backends }, address) => backends[address]?.count ?? 0),
      inFlight: each(
        ({ backends, sliceMs }, address) => ((backends[address]?.inFlight ?? 0) * sliceMs) / (toMs - fromMs),
      ),
    });
  }
  return bins.filter(({ fromMs, toMs }) => toMs > fromMs);
}
