import type { LatencySummary } from './latency.js';
import type { OutcomeCounts } from './outcome.js';
import type { Warning } from './warning.js';

/** The whole result of a scenario. In JSON every `undefined` is written as `null`. */
export interface Report {
  readonly schema: 'lbbench.report/1';
  readonly tool: { readonly version: string; readonly node: string; readonly platform: string };
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly seed: number;
  /** The resolved scenario, credentials removed. */
  readonly scenario: unknown;
  readonly runs: readonly RunReport[];
  readonly thresholds: readonly ThresholdResult[];
  readonly verdict: Verdict;
}

export type Verdict = 'pass' | 'fail' | 'inconclusive' | 'no-data';

export interface ThresholdResult {
  readonly rule: string;
  /** Name of the run it was judged on. */
  readonly run: string;
  readonly value: number | undefined;
  readonly verdict: Verdict;
  readonly note: string | undefined;
}

/** One algorithm (or target) under one load. */
export interface RunReport {
  /** Unique in the report: the algorithm, or the scenario without one; in one of several rounds with ` #2` behind it. */
  readonly name: string;
  /** Which of several interleaved rounds, from 1; `undefined` when there is only one. */
  readonly round?: number | undefined;
  /** As nginx's directive; `undefined` when an external balancer's is not known. */
  readonly algorithm: string | undefined;
  /** `nginx 1.22.1`, `embedded` or `external`. */
  readonly balancer: string;
  readonly engine: string;
  readonly interrupted: boolean;
  readonly load: {
    readonly model: 'closed' | 'open';
    /** Requests asked for; `undefined` when the run was bounded by time. */
    readonly requests: number | undefined;
    readonly concurrency: number;
    readonly ratePerSec: number | undefined;
    /** First start to last byte. */
    readonly durationMs: number;
  };
  readonly outcomes: OutcomeCounts;
  /** Responses by status code. */
  readonly status: Readonly<Record<string, number>>;
  readonly bytes: { readonly received: number; readonly body: number; readonly sent: number };
  /** Responses a second. */
  readonly rps: number | undefined;
  readonly responseMs: LatencySummary;
  readonly serviceMs: LatencySummary;
  readonly connectMs: LatencySummary;
  readonly ttfbMs: LatencySummary;
  readonly requests: readonly RequestReport[];
  readonly backends: readonly BackendReport[];
  /** Responses whose backend could not be told. */
  readonly unattributed: number;
  readonly distribution: Distribution;
  readonly timeline: readonly TimelineSlice[];
  readonly warnings: readonly Warning[];
}

export interface RequestReport {
  readonly name: string;
  readonly count: number;
  readonly serviceMs: LatencySummary;
}

export interface BackendReport {
  readonly address: string;
  /** `undefined` when no weights are known. */
  readonly weight: number | undefined;
  readonly expectedShare: number | undefined;
  /** Responses it served. */
  readonly count: number;
  /** count / attributed responses; `undefined` when nothing was attributed. */
  readonly share: number | undefined;
  /** share / expectedShare - 1. */
  readonly deviation: number | undefined;
  /** Attempts at it that did not serve the response. */
  readonly retries: number;
  readonly status: Readonly<Record<string, number>>;
  readonly serviceMs: LatencySummary;
  readonly ttfbMs: LatencySummary;
  /** Requests in flight at it, averaged over the run: its busy time / duration. */
  readonly meanInFlight: number | undefined;
  readonly peakInFlight: number | undefined;
}

/** How the attributed responses spread over the backends; design section 8. */
export interface Distribution {
  /** max over backends of abs(share / expected share - 1). */
  readonly skew: number | undefined;
  /** The skew that a fair draw of this count stays under 99 times in 100. */
  readonly skewNoise: number | undefined;
  /** Largest count over mean count, each relative to its expected share. */
  readonly maxOverMean: number | undefined;
  /** Population standard deviation over mean of count / weight. */
  readonly coefficientOfVariation: number | undefined;
  /** Jain's fairness index of count / weight, 1/n to 1. */
  readonly jainIndex: number | undefined;
  readonly chiSquare:
    | { readonly statistic: number; readonly degreesOfFreedom: number; readonly pValue: number }
    | undefined;
  /** Smallest count at which a fair draw exceeds the skew limit less than 1 time in 100. */
  readonly minimumRequests: number | undefined;
  /** Skew of the backends' mean requests in flight instead of their counts: work, not requests. */
  readonly inFlightSkew: number | undefined;
}

export interface TimelineSlice {
  /** Start of the slice since the start of the run. */
  readonly atMs: number;
  readonly sliceMs: number;
  /** By address: responses completed in the slice, and mean requests in flight over it. */
  readonly backends: Readonly<Record<string, { readonly count: number; readonly inFlight: number }>>;
}
