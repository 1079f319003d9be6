import type { LatencySummary } from '../model/latency.js';
import type { BackendReport, RunReport } from '../model/report.js';
import { errorCount } from './counts.js';
import { type Part, wholeRun } from './figure.js';
import { type Interval, percentileMs, unbounded } from './interval.js';

/**
 * Where a figure lies, whatever became of the requests of which it sees nothing: as good as can be and as bad as can be.
 *
 * @param hidden how many those are: lost with the machine that sent them (`outcomes.lost`), and for a figure of the spread also
 *   those of which nobody knows which backend served them
 */
export type Hidden = (run: RunReport, part: Part, hidden: number) => Interval;

/** Responses that a backend may have served of which nobody knows which. */
export function unplacedCount({ unattributed, noBackendLeft = 0 }: RunReport): number {
  return Math.max(0, unattributed - noBackendLeft);
}

/** Whose requests were lost is lost with them, so nothing bounds what is narrowed to a backend, a request or a status. */
function ofWholeRun(hidden: Hidden): Hidden {
  return (run, part, count) =>
    (part.backend ?? part.request ?? part.status) === undefined ? hidden(run, wholeRun, count) : unbounded;
}

export const hiddenErrors: Hidden = ofWholeRun((run, _, lost) => {
  const { started, cancelled } = run.outcomes;
  const [ended, errors] = [started - cancelled, errorCount(run)];
  return { low: errors / ended, high: (errors + lost) / ended };
});

/** Lost responses can only be more. */
export const hiddenRate: Hidden = ofWholeRun(({ rps, load: { durationMs } }, _, lost) =>
  rps === undefined ? unbounded : { low: rps, high: rps + lost / (durationMs / 1000) },
);

/** Lost requests were quicker than all, or slower. */
export function hiddenPercentile(
  percentile: number,
  valuesOf: (run: RunReport) => LatencySummary | undefined,
): Hidden {
  return ofWholeRun((run, _, lost) => {
    const { count = 0, histogram } = valuesOf(run) ?? {};
    if (histogram === undefined) return unbounded;
    const rank = (percentile / 100) * (count + lost);
    return {
      low: rank <= lost ? 0 : percentileMs(histogram, ((rank - lost) / count) * 100),
      high: rank > count ? Number.POSITIVE_INFINITY : percentileMs(histogram, (rank / count) * 100),
    };
  });
}

/** None of the hidden on the backend, or all of them. */
export const hiddenShare: Hidden = ({ backends }, { backend }, hidden) => {
  const total = backends.reduce((sum, { count }) => sum + count, hidden);
  if (backend === undefined || total === 0) return unbounded;
  return { low: backend.count / total, high: (backend.count + hidden) / total };
};

/** An evenness of what backends carried. */
interface Evenness {
  /** @param perShare of the backends that something is expected of: load / expected share; `total` is of all loads */
  readonly of: (perShare: readonly number[], total: number) => number | undefined;
  /** What raising each of these costs of the hidden part, for the most even placement: at most what it really costs. */
  readonly costs: (shares: readonly number[]) => readonly number[];
}

/**
 * A figure of the spread whose hidden part is placed as well as can be, the emptiest filled first, and as badly: all of it on any
 * one backend, or on one that nothing is expected of. Each of these figures is quasiconvex in the loads, so none is worse
 * anywhere between.
 */
export function hiddenSpread(
  evenness: Evenness,
  loadOf: (backend: BackendReport) => number | undefined = ({ count }) => count,
  amountOf: (run: RunReport, hidden: number) => number | undefined = (_, hidden) => hidden,
): Hidden {
  return (run, _, count) => {
    const hidden = amountOf(run, count);
    const known = run.backends.map((backend) => ({
      load: loadOf(backend),
      share: backend.expectedShare ?? 0,
    }));
    if (hidden === undefined || known.some(({ load }) => load === undefined)) return unbounded;
    const members = known.filter(({ share }) => share > 0);
    const total = known.reduce((sum, { load = 0 }) => sum + load, hidden);
    const perShare = members.map(({ load = 0, share }) => load / share);
    const onOne = members.map(({ load = 0, share }, index) => perShare.with(index, (load + hidden) / share));
    const even = filled(perShare, evenness.costs(members.map(({ share }) => share)), hidden);
    const values = [even, perShare, ...onOne].map((loads) => evenness.of(loads, total));
    const found = values.filter((value) => value !== undefined);
    if (found.length === 0 || found.length < values.length) return unbounded;
    return { low: Math.min(...found), high: Math.max(...found) };
  };
}

/** The emptiest raised to the one level that an amount suffices for. */
function filled(values: readonly number[], costs: readonly number[], amount: number): number[] {
  const order = values
    .map((value, index) => ({ value, cost: costs[index] as number }))
    .toSorted((one, other) => one.value - other.value);
  let [width, volume, level] = [0, amount, 0];
  for (const [index, { value, cost }] of order.entries()) {
    width += cost;
    volume += value * cost;
    level = volume / width;
    if (level <= (order[index + 1]?.value ?? Number.POSITIVE_INFINITY)) break;
  }
  return values.map((value) => Math.max(value, level));
}

/** How far the worst is from its part of the total, for which each costs its share. */
export const hiddenSkew: Evenness = {
  of: (perShare, total) =>
    total > 0 ? Math.max(...perShare.map((load) => Math.abs(load / total - 1))) : undefined,
  costs: (shares) => shares,
};

/** How even the backends are among themselves. Were each as cheap to raise as the cheapest, one level would be the most even. */
export function amongThemselves(of: (perShare: readonly number[]) => number | undefined): Evenness {
  return { of, costs: (shares) => shares.map(() => Math.min(...shares)) };
}

/** Time in flight that hidden requests may have had at most: each as long as the longest that was timed. */
export function hiddenInFlight(
  { serviceMs, responseMs, load: { durationMs } }: RunReport,
  hidden: number,
): number | undefined {
  if (hidden === 0) return 0;
  const longestMs = Math.max(serviceMs.max ?? Number.NaN, responseMs.max ?? Number.NaN);
  return durationMs > 0 && Number.isFinite(longestMs) ? (hidden * longestMs) / durationMs : undefined;
}
