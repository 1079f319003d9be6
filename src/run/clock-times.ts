import {
  type ClockRow,
  clockRows,
  type Keeper,
  type ReportedClock,
  reportedClocks,
  type StreamClock,
  streamClocks,
} from '../model/clocks.js';
import type { LatencySummary } from '../model/latency.js';
import type { ReportedTimes } from '../model/report.js';

/** The times that a report has of somebody, but for those of streams. */
export function timesOf<K extends Keeper>(
  keeper: K,
  summaryOf: (clock: ReportedClock<K>) => LatencySummary,
): ReportedTimes<K> {
  return byField(reportedClocks(keeper), summaryOf) as ReportedTimes<K>;
}

export type StreamTimes<K extends Keeper> = {
  readonly [N in StreamClock<K> as `${N}Ms`]: LatencySummary | undefined;
};

/** The same of streams. */
export function streamTimesOf<K extends Keeper>(
  keeper: K,
  summaryOf: (clock: StreamClock<K>) => LatencySummary,
): StreamTimes<K> {
  return byField(streamClocks(keeper), summaryOf) as StreamTimes<K>;
}

/** By the names of the report's fields. What nobody measured is left open where that may be. */
function byField<N extends keyof typeof clockRows>(
  clocks: readonly N[],
  summaryOf: (clock: N) => LatencySummary,
): Readonly<Record<string, LatencySummary | undefined>> {
  return Object.fromEntries(
    clocks.map((clock) => {
      const { mayLack, stream }: ClockRow = clockRows[clock];
      const times = summaryOf(clock);
      return [`${clock}Ms`, (mayLack || stream) && times.count === 0 ? undefined : times];
    }),
  );
}
