import { judgeSpread } from '../distribution/spread.js';
import {
  type ClockRow,
  clockRows,
  type Keeper,
  type ReportedClock,
  reportedClocks,
} from '../model/clocks.js';
import type { LatencySummary } from '../model/latency.js';
import { Outcome } from '../model/outcome.js';
import type { ExpectedBackend } from '../model/plan.js';
import type {
  BackendFailures,
  BackendReport,
  ReportedTimes,
  RunReport,
  TimelineSlice,
} from '../model/report.js';
import type { Warning } from '../model/warning.js';
import { withoutDefaultPort } from '../nginx/address.js';
import type { ClockName } from '../tally/account.js';
import type { BackendCell } from '../tally/backend-cell.js';
import type { LatencyHistogram } from '../tally/latency-histogram.js';
import type { Tally } from '../tally/tally.js';
import { seenIn } from './expected-pool.js';

/** What of a run's report its tally tells, wherever that comes from. */
export type TallyFigures = Pick<
  RunReport,
  | 'outcomes'
  | 'status'
  | 'bytes'
  | 'rps'
  | keyof ReportedTimes<'run'>
  | 'requests'
  | 'backends'
  | 'unattributed'
  | 'distribution'
  | 'timeline'
> & { readonly spreadWarnings: readonly Warning[] };

/** An access log has no peaks, and without times no means either. */
export interface InFlightKnown {
  readonly mean: boolean;
  readonly peak: boolean;
}

/** Reads a closed tally out; its histograms stay as they are. */
export function figuresOf(
  tally: Tally,
  options: {
    /** First start to last byte. */
    readonly durationMs: number;
    readonly expected: readonly ExpectedBackend[] | undefined;
    /** Ratio that `minimumRequests` is computed for. */
    readonly skewLimit: number | undefined;
    /** What the tally knows of requests in flight; everything unless told. */
    readonly inFlight?: InFlightKnown | undefined;
    /** Which of several pools a backend is of. */
    readonly poolOf?: ((address: string) => string | undefined) | undefined;
  },
): TallyFigures {
  const { durationMs, expected, skewLimit, poolOf, inFlight = { mean: true, peak: true } } = options;
  const meanOf = (cell: BackendCell) => (inFlight.mean ? meanInFlight(cell, durationMs) : undefined);
  const weights = new Map(expected?.map(({ address, weight }) => [address, weight]));
  const seen = seenIn(tally);
  // What is expected by another spelling of the address has its row there.
  const isSpelling = ({ address }: BackendCell) =>
    !seen.has(address) && !weights.has(address) && weights.has(withoutDefaultPort(address) ?? '');
  const named = tally.cells.slice(1).filter((cell) => !isSpelling(cell));
  const cells = inOrder(named, [...weights.keys()]);
  const spread = judgeSpread(
    cells.map((cell) => ({
      address: cell.address,
      count: cell.count,
      weight: weights.get(cell.address),
      pool: poolOf?.(cell.address),
      meanInFlight: meanOf(cell),
    })),
    { skewLimit },
  );
  return {
    outcomes: tally.outcomeCounts(),
    status: tally.statusCounts(),
    bytes: {
      received: tally.counters.receivedBytes,
      body: tally.counters.bodyBytes,
      sent: tally.counters.sentBytes,
    },
    rps: durationMs > 0 ? (tally.responses / durationMs) * 1000 : undefined,
    ...runTimes(tally),
    requests: tally.requests.map(({ counters, clocks }, index) => ({
      name: tally.shape.requestNames[index] as string,
      count: counters.count,
      ...timesOf('request', (clock) => clocks[clock].summary()),
    })),
    backends: cells.map((cell, index) => ({
      ...(spread.shares[index] as (typeof spread.shares)[number]),
      ...backendFigures(cell),
      // Whoever sees peaks is the client, and sees what broke off; a log tells neither.
      failures: inFlight.peak ? failuresOf(cell) : undefined,
      meanInFlight: meanOf(cell),
      peakInFlight: inFlight.peak ? cell.counters.peakInFlight : undefined,
    })),
    unattributed: tally.cells[0]?.count ?? 0,
    distribution: spread.distribution,
    timeline: timelineOf(tally),
    spreadWarnings: spread.warnings,
  };
}

const byAddress = new Intl.Collator('en', { numeric: true });

/** The expected backends as the scenario lists them, then the others by address: the order of arrival is chance. */
function inOrder(cells: readonly BackendCell[], expected: readonly string[]): BackendCell[] {
  const rank = new Map(expected.map((address, index) => [address, index]));
  const rankOf = ({ address }: BackendCell) => rank.get(address) ?? expected.length;
  return cells.toSorted((a, b) => rankOf(a) - rankOf(b) || byAddress.compare(a.address, b.address));
}

function backendFigures(
  cell: BackendCell,
): Pick<BackendReport, 'count' | 'retries' | 'status' | keyof ReportedTimes<'backend'>> {
  return {
    count: cell.count,
    retries: cell.counters.retries,
    status: cell.status.toRecord(),
    ...timesOf('backend', (clock) => cell.clocks[clock].summary()),
  };
}

function failuresOf({ outcomes }: BackendCell): BackendFailures {
  const countOf = (outcome: Outcome) => outcomes[outcome] as number;
  return {
    resets: countOf(Outcome.reset),
    timeouts: countOf(Outcome.timeout),
    malformed: countOf(Outcome.malformed),
    closed: countOf(Outcome.closed),
    cancelled: countOf(Outcome.cancelled),
  };
}

/** Little's law: time in flight added up, over the time of the run. */
function meanInFlight(cell: BackendCell, durationMs: number): number | undefined {
  return durationMs > 0 ? cell.counters.busyUs / 1000 / durationMs : undefined;
}

/** The times of a run; those that are kept for backends, over all of them. */
function runTimes(tally: Tally): ReportedTimes<'run'> {
  const times = timesOf('run', (clock) =>
    clock in tally.clocks
      ? tally.clocks[clock as ClockName<'run'>].summary()
      : summarize(tally.overall(clock as ClockName<'backend'>)),
  );
  return tally.shape.open ? times : { ...times, responseMs: times.serviceMs };
}

function timesOf<K extends Keeper>(
  keeper: K,
  summaryOf: (clock: ReportedClock<K>) => LatencySummary,
): ReportedTimes<K> {
  return Object.fromEntries(
    reportedClocks(keeper).map((clock) => {
      const { mayLack }: ClockRow = clockRows[clock];
      const times = summaryOf(clock);
      return [`${clock}Ms`, mayLack && times.count === 0 ? undefined : times];
    }),
  ) as ReportedTimes<K>;
}

function summarize(histogram: LatencyHistogram): LatencySummary {
  const summary = histogram.summary();
  histogram.release();
  return summary;
}

/** Slices up to the last in which anything happened. */
function timelineOf({ timeline, cells }: Tally): TimelineSlice[] {
  const { sliceUs, tracks } = timeline;
  const sliceMs = sliceUs / 1000;
  const length = Math.max(
    ...tracks.map(({ busyUs, counts }) =>
      Math.max(busyUs.findLastIndex((us) => us > 0) + 1, counts.findLastIndex((n) => n > 0) + 1),
    ),
  );
  return Array.from({ length }, (_, slice) => ({
    atMs: slice * sliceMs,
    sliceMs,
    backends: Object.fromEntries(
      cells.slice(1).map(({ address }, index) => {
        const track = tracks[index + 1];
        return [
          address,
          { count: track?.counts[slice] ?? 0, inFlight: (track?.busyUs[slice] ?? 0) / sliceUs },
        ];
      }),
    ),
  }));
}
