import { type Presence, presenceOf } from '../distribution/presence.js';
import { defaultSkewLimit, judgeSpread } from '../distribution/spread.js';
import type { LatencySummary } from '../model/latency.js';
import { Outcome } from '../model/outcome.js';
import type { ExpectedBackend, LoadStage, Slo } from '../model/plan.js';
import type {
  BackendFailures,
  BackendReport,
  ReportedTimes,
  RunReport,
  StatusReport,
  Successes,
  TimelineSlice,
} from '../model/report.js';
import type { Warning } from '../model/warning.js';
import { withoutDefaultPort } from '../nginx/address.js';
import { Account, type ClockName } from '../tally/account.js';
import type { BackendCell } from '../tally/backend-cell.js';
import type { LatencyHistogram } from '../tally/latency-histogram.js';
import type { StatusAccount } from '../tally/status-accounts.js';
import type { Tally } from '../tally/tally.js';
import type { Sight } from '../tally/timeline.js';
import { naturally } from '../text/natural-order.js';
import { timesOf } from './clock-times.js';
import { seenIn } from './expected-pool.js';
import { stagesOf } from './stage-figures.js';
import {
  backendStreams,
  hasStreams,
  requestStreams,
  runStreams,
  sliceStreams,
  workSpread,
} from './stream-figures.js';

/** What of a run's report its tally tells, wherever that comes from. */
export type TallyFigures = Pick<
  RunReport,
  | 'outcomes'
  | 'status'
  | 'bytes'
  | 'rps'
  | keyof ReportedTimes<'run'>
  | 'successes'
  | 'byStatus'
  | 'llm'
  | 'requests'
  | 'stages'
  | 'backends'
  | 'unattributed'
  | 'noBackendLeft'
  | 'notProxied'
  | 'distribution'
  | 'timeline'
> & { readonly spread: SpreadFound };

/** What was found on the way to the figures of the spread. */
interface SpreadFound {
  readonly warnings: readonly Warning[];
  /** Who was there when; `undefined` when all were all the time, or nobody can know. */
  readonly presence: LoggedPresence | undefined;
}

export interface LoggedPresence {
  readonly of: Presence;
  /** Of its backends. */
  readonly addresses: readonly string[];
}

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
    /** The time that is judged, on the timeline's clock; from 0 on for the duration unless told. */
    readonly stretch?: { readonly fromMs: number; readonly toMs: number } | undefined;
    /** Of the load that was sent. */
    readonly stages?: readonly LoadStage[] | undefined;
    /** Whether the run ended before it should. */
    readonly isCutOff?: boolean | undefined;
    /** What requests had to keep to count as good. */
    readonly slo?: Slo | undefined;
    /** When backends are known to have been away. */
    readonly away?: readonly Away[] | undefined;
  },
): TallyFigures {
  const { durationMs, expected, skewLimit, poolOf, inFlight = { mean: true, peak: true } } = options;
  const meanOf = (cell: BackendCell) => (inFlight.mean ? meanInFlight(cell, durationMs) : undefined);
  const weights = new Map(expected?.map(({ address, weight }) => [address, weight]));
  const seen = seenIn(tally);
  const { hasStreams: endsOfStreams } = tally;
  const isStreamed = hasStreams(tally, options.slo);
  // What is expected by another spelling of the address has its row there.
  const isSpelling = ({ address }: BackendCell) =>
    !seen.has(address) && !weights.has(address) && weights.has(withoutDefaultPort(address) ?? '');
  const named = tally.cells.slice(1).filter((cell) => !isSpelling(cell));
  const cells = inOrder(named, [...weights.keys()]);
  const presence = presenceIn(tally, cells, weights, options);
  const spread = judgeSpread(
    cells.map((cell) => ({
      address: cell.address,
      count: cell.count,
      weight: weights.get(cell.address),
      pool: poolOf?.(cell.address),
      meanInFlight: meanOf(cell),
    })),
    { skewLimit, presence },
  );
  const shared = cells.map((cell, index) => ({
    cell,
    expectedShare: spread.shares[index]?.expectedShare,
  }));
  const { sliceUs, tracks } = isStreamed ? tally.timeline : { sliceUs: 0, tracks: [] };
  return {
    outcomes: tally.outcomeCounts(),
    status: tally.statusCounts(),
    bytes: {
      received: tally.counters.receivedBytes,
      body: tally.counters.bodyBytes,
      sent: tally.counters.sentBytes,
    },
    rps: perSecond(tally.responses, durationMs),
    ...runTimes(tally),
    successes: successesIn(tally, durationMs),
    byStatus: statusesIn(tally),
    ...(isStreamed && { llm: runStreams(tally, durationMs, options.slo) }),
    requests: tally.requests.map((account, index) => ({
      name: tally.shape.requestNames[index] as string,
      count: account.counters.count,
      ...timesOf('request', (clock) => account.clocks[clock].summary()),
      ...(isStreamed && { llm: requestStreams(account) }),
    })),
    ...(options.stages && {
      stages: stagesOf(tally, options.stages, cells, weights, options.isCutOff ? durationMs : undefined),
    }),
    backends: cells.map((cell, index) => ({
      ...(spread.shares[index] as (typeof spread.shares)[number]),
      ...backendFigures(cell),
      // Whoever sees peaks is the client, and sees what broke off; a log tells neither.
      failures: inFlight.peak ? failuresOf(cell, endsOfStreams) : undefined,
      meanInFlight: meanOf(cell),
      peakInFlight: inFlight.peak ? cell.counters.peakInFlight : undefined,
      ...(isStreamed && {
        llm: backendStreams(
          shared[index] as (typeof shared)[number],
          shared,
          tracks[tally.cells.indexOf(cell)],
          { sliceUs, durationMs },
        ),
      }),
    })),
    // Requests that no backend was asked for are none whose backend is not known.
    unattributed: (tally.cells[0]?.count ?? 0) - tally.counters.notProxied,
    noBackendLeft: tally.counters.noBackendLeft,
    notProxied: tally.counters.notProxied,
    distribution: {
      ...spread.distribution,
      ...(isStreamed && workSpread(shared, skewLimit ?? defaultSkewLimit)),
    },
    timeline: timelineOf(tally, isStreamed),
    spread: {
      warnings: spread.warnings,
      presence: presence && { of: presence, addresses: cells.map(({ address }) => address) },
    },
  };
}

/** A stretch in which a backend was stopped, milliseconds on the timeline's clock. */
export interface Away {
  readonly address: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Who was there when, as the timeline tells; `undefined` when all were all the time, or nobody can know. */
function presenceIn(
  { timeline, cells: all }: Tally,
  cells: readonly BackendCell[],
  weights: ReadonlyMap<string, number>,
  { durationMs, stretch, away = [], poolOf }: Parameters<typeof figuresOf>[1],
): Presence | undefined {
  const { sliceUs, tracks, sights, startUs } = timeline;
  const { fromMs, toMs } = stretch ?? { fromMs: 0, toMs: durationMs };
  if (startUs === undefined || toMs <= fromMs || cells.length < 2) return undefined;
  const order = cells.map((cell) => all.indexOf(cell));
  const backends = order.map((track, index) => {
    const { address } = cells[index] as BackendCell;
    return {
      weight: weights.get(address),
      pool: poolOf?.(address),
      counts: tracks[track]?.counts ?? [],
      ...sightMs(sights[track]),
    };
  });
  const known = away.flatMap((one) => {
    const backend = cells.findIndex(({ address }) => address === one.address);
    return backend < 0 ? [] : [{ backend, fromMs: one.fromMs, toMs: one.toMs }];
  });
  return presenceOf(backends, { fromMs, toMs, sliceFromMs: startUs / 1000, sliceMs: sliceUs / 1000 }, known);
}

function sightMs(sight: Readonly<Sight> | undefined): {
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
} {
  if (sight === undefined || sight.lastUs < sight.firstUs) return { firstMs: undefined, lastMs: undefined };
  return { firstMs: sight.firstUs / 1000, lastMs: sight.lastUs / 1000 };
}

/** The expected backends as the scenario lists them, then the others by address: the order of arrival is chance. */
function inOrder(cells: readonly BackendCell[], expected: readonly string[]): BackendCell[] {
  const rank = new Map(expected.map((address, index) => [address, index]));
  const rankOf = ({ address }: BackendCell) => rank.get(address) ?? expected.length;
  return cells.toSorted((a, b) => rankOf(a) - rankOf(b) || naturally(a.address, b.address));
}

function backendFigures(
  cell: BackendCell,
): Pick<
  BackendReport,
  'count' | 'retries' | 'status' | 'errors' | 'failedChecks' | keyof ReportedTimes<'backend'>
> {
  return {
    count: cell.count,
    retries: cell.counters.retries,
    status: cell.status.toRecord(),
    errors: cell.counters.errorResponses,
    ...(cell.failedChecks.total > 0 && { failedChecks: cell.failedChecks.total }),
    ...timesOf('backend', (clock) => cell.clocks[clock].summary()),
  };
}

function failuresOf({ outcomes }: BackendCell, hasStreams: boolean): BackendFailures {
  const countOf = (outcome: Outcome) => outcomes[outcome] as number;
  return {
    resets: countOf(Outcome.reset),
    timeouts: countOf(Outcome.timeout),
    malformed: countOf(Outcome.malformed),
    closed: countOf(Outcome.closed),
    cancelled: countOf(Outcome.cancelled),
    ...(hasStreams && {
      truncated: countOf(Outcome.truncated),
      streamErrors: countOf(Outcome.streamError),
      emptyStreams: countOf(Outcome.empty),
    }),
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

function perSecond(count: number, durationMs: number): number | undefined {
  return durationMs > 0 ? (count / durationMs) * 1000 : undefined;
}

/** `undefined` of responses whose status nobody told. */
function successesIn(tally: Tally, durationMs: number): Successes | undefined {
  const statuses = tally.statuses.all();
  if (statuses.length === 0 && tally.responses > 0) return undefined;
  const all = together(
    tally,
    statuses.filter(({ isError }) => !isError),
  );
  return { rps: perSecond(all.count, durationMs), ...all };
}

/** Each class, where it is of several codes, and each code. */
function statusesIn(tally: Tally): StatusReport[] {
  const parts = new Map<string, StatusAccount[]>();
  for (const account of tally.statuses.all()) {
    const { status } = account;
    for (const key of new Set([classOf(status), status]))
      parts.set(key, [...(parts.get(key) ?? []), account]);
  }
  const isOfOne = (status: string) =>
    [...parts.keys()].filter((key) => key !== status && classOf(key) === status).length === 1;
  return [...parts].flatMap(([status, accounts]) => {
    const isRepeated = isOfOne(status) && accounts.every((account) => account.status !== status);
    return isRepeated ? [] : [{ status, ...together(tally, accounts) }];
  });
}

function classOf(status: string): string {
  return `${status[0]}xx`;
}

function together(
  { shape }: Tally,
  accounts: readonly StatusAccount[],
): { readonly count: number } & ReportedTimes<'status'> {
  const all = new Account('status');
  for (const account of accounts) all.add(account);
  const times = timesOf('status', (clock) => all.clocks[clock].summary());
  all.release();
  return { count: all.counters.count, ...times, ...(shape.open ? {} : { responseMs: times.serviceMs }) };
}

function summarize(histogram: LatencyHistogram): LatencySummary {
  const summary = histogram.summary();
  histogram.release();
  return summary;
}

/** Slices up to the last in which anything happened. */
function timelineOf({ timeline, cells }: Tally, isStreamed: boolean): TimelineSlice[] {
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
          {
            count: track?.counts[slice] ?? 0,
            inFlight: (track?.busyUs[slice] ?? 0) / sliceUs,
            ...(isStreamed && track !== undefined && sliceStreams(track, slice, sliceUs)),
          },
        ];
      }),
    ),
  }));
}
