import { judgeSpread } from '../distribution/spread.js';
import type { LatencySummary } from '../model/latency.js';
import type { ExpectedBackend } from '../model/plan.js';
import type { BackendReport, RunReport, TimelineSlice } from '../model/report.js';
import type { Warning } from '../model/warning.js';
import type { BackendCell } from '../tally/backend-cell.js';
import type { LatencyHistogram } from '../tally/latency-histogram.js';
import type { Tally } from '../tally/tally.js';

/** What of a run's report its tally tells, wherever that comes from. */
export type TallyFigures = Pick<
  RunReport,
  | 'outcomes'
  | 'status'
  | 'bytes'
  | 'rps'
  | 'responseMs'
  | 'serviceMs'
  | 'connectMs'
  | 'ttfbMs'
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
  },
): TallyFigures {
  const { durationMs, expected, skewLimit, inFlight = { mean: true, peak: true } } = options;
  const meanOf = (cell: BackendCell) => (inFlight.mean ? meanInFlight(cell, durationMs) : undefined);
  const weights = new Map(expected?.map(({ address, weight }) => [address, weight]));
  const cells = inOrder(tally.cells.slice(1), [...weights.keys()]);
  const spread = judgeSpread(
    cells.map((cell) => ({
      address: cell.address,
      count: cell.count,
      weight: weights.get(cell.address),
      meanInFlight: meanOf(cell),
    })),
    { skewLimit },
  );
  const serviceMs = summarize(tally.overall('service'));
  return {
    outcomes: tally.outcomeCounts(),
    status: tally.statusCounts(),
    bytes: { ...tally.bytes },
    rps: durationMs > 0 ? (tally.responses / durationMs) * 1000 : undefined,
    responseMs: tally.shape.open ? tally.response.summary() : serviceMs,
    serviceMs,
    connectMs: tally.connect.summary(),
    ttfbMs: summarize(tally.overall('ttfb')),
    requests: tally.requests.map(({ count, service }, index) => ({
      name: tally.shape.requestNames[index] as string,
      count,
      serviceMs: service.summary(),
    })),
    backends: cells.map((cell, index) => ({
      ...(spread.shares[index] as (typeof spread.shares)[number]),
      ...backendFigures(cell),
      meanInFlight: meanOf(cell),
      peakInFlight: inFlight.peak ? cell.peakInFlight : undefined,
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
): Pick<BackendReport, 'count' | 'retries' | 'status' | 'serviceMs' | 'ttfbMs'> {
  return {
    count: cell.count,
    retries: cell.retries,
    status: cell.status.toRecord(),
    serviceMs: cell.service.summary(),
    ttfbMs: cell.ttfb.summary(),
  };
}

/** Little's law: time in flight added up, over the time of the run. */
function meanInFlight(cell: BackendCell, durationMs: number): number | undefined {
  return durationMs > 0 ? cell.busyUs / 1000 / durationMs : undefined;
}

function summarize(histogram: LatencyHistogram): LatencySummary {
  const summary = histogram.summary();
  histogram.release();
  return summary;
}

/** Slices up to the last in which anything happened. */
function timelineOf({ timeline, cells }: Tally): TimelineSlice[] {
  const sliceMs = timeline.sliceUs / 1000;
  let length = 0;
  for (const { busyUs, counts } of timeline.tracks) {
    length = Math.max(
      length,
      busyUs.findLastIndex((us) => us > 0) + 1,
      counts.findLastIndex((n) => n > 0) + 1,
    );
  }
  return Array.from({ length }, (_, slice) => ({
    atMs: slice * sliceMs,
    sliceMs,
    backends: Object.fromEntries(
      cells.slice(1).map(({ address }, index) => {
        const track = timeline.tracks[index + 1];
        return [
          address,
          {
            count: track?.counts[slice] ?? 0,
            inFlight: (track?.busyUs[slice] ?? 0) / timeline.sliceUs,
          },
        ];
      }),
    ),
  }));
}
