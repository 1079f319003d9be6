import type { Advice } from './advice.js';
import type { FailoverReport } from './failover.js';
import type { LatencySummary } from './latency.js';
import type { OutcomeCounts } from './outcome.js';
import type { Prediction } from './prediction.js';
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
  /** What the runs say about which algorithm to take; `undefined` when they say nothing beyond noise. */
  readonly advice?: Advice | undefined;
  /** What was read, when the report is about access logs instead of load that was sent. */
  readonly log?: LogReport | undefined;
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
    /** `undefined` when it is not known: a log does not tell. */
    readonly concurrency: number | undefined;
    readonly ratePerSec: number | undefined;
    /** First start to last byte. */
    readonly durationMs: number;
  };
  readonly outcomes: OutcomeCounts;
  /** Responses by status code. */
  readonly status: Readonly<Record<string, number>>;
  /** `undefined` for what was not measured: a log tells only what its format carries. */
  readonly bytes: {
    readonly received: number | undefined;
    readonly body: number | undefined;
    readonly sent: number | undefined;
  };
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
  /** Only with `lab.events`. */
  readonly failover?: FailoverReport | undefined;
  /** Where the model of nginx's method would have placed the requests; `undefined` where it cannot tell. */
  readonly prediction?: Prediction | undefined;
  /** What the access log says beside what the client saw; `undefined` when no log was read. */
  readonly reconciliation?: Reconciliation | undefined;
  readonly warnings: readonly Warning[];
}

export interface RequestReport {
  readonly name: string;
  readonly count: number;
  readonly serviceMs: LatencySummary;
}

/** No connect errors: whoever could not be connected to has sent no head. */
export type BackendFailures = Readonly<
  Record<'resets' | 'timeouts' | 'malformed' | 'closed' | 'cancelled', number>
>;

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
  /**
   * Requests that broke off after it had sent the head of a response, by how they ended; `undefined` where only a log tells,
   * and in reports older than this field.
   */
  readonly failures?: BackendFailures | undefined;
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

/** What was read of access logs. Counts are of requests unless they say otherwise. */
export interface LogReport {
  /** In the order they were read. */
  readonly files: readonly string[];
  /** The text of log_format. */
  readonly format: string;
  readonly escape: 'default' | 'json' | 'none';
  /** Lines as `wc -l` counts them, and a last one without line feed. */
  readonly physicalLines: number;
  /** Requests read, selected or not. */
  readonly records: number;
  /** Requests that the figures are about. */
  readonly selected: number;
  /** Lines that could not be read as requests, and the first of them. */
  readonly unmatched: {
    readonly count: number;
    readonly first: readonly {
      readonly file: string;
      /** 1-based. */
      readonly line: number;
      readonly reason: string;
      readonly text: string;
    }[];
  };
  /** ISO 8601, UTC, of the first start and the last end; `undefined` when the format has no time. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** Requests for which no backend was asked; `undefined`, like all that follows, without `$upstream_addr`. */
  readonly notProxied: number | undefined;
  /** Responses that nginx made because no backend was left. */
  readonly noLiveUpstreams: number | undefined;
  /** Count and retries together, by backend. */
  readonly attempts: Readonly<Record<string, number>> | undefined;
  /** Responses that really came from the backend; `undefined` without `$upstream_status`. */
  readonly servedFinal: Readonly<Record<string, number>> | undefined;
  /** What the lines were split by; `undefined` when they were not. */
  readonly by: string | undefined;
  /** In the order of their first line. */
  readonly groups: readonly LogGroupReport[];
  /** The values beyond the number of groups, together. */
  readonly others: LogGroupReport | undefined;
}

/** The requests with one value of what the lines were split by. */
export interface LogGroupReport {
  readonly key: string;
  readonly count: number;
  readonly notProxied: number;
  /** Responses by status code. */
  readonly status: Readonly<Record<string, number>>;
  readonly backends: readonly {
    readonly address: string;
    readonly count: number;
    /** count / attributed requests of the group. */
    readonly share: number | undefined;
    readonly retries: number;
    /** Service time in milliseconds. */
    readonly p50: number | undefined;
    readonly p99: number | undefined;
  }[];
  readonly skew: number | undefined;
  /** The skew that a fair draw of this count stays under 99 times in 100. */
  readonly skewNoise: number | undefined;
}

/** The client's view of a run beside that of nginx's access log. */
export interface Reconciliation {
  readonly log: string;
  /** Responses that the client got. */
  readonly clientResponses: number;
  /** Lines of this run in the log. */
  readonly logLines: number;
  /** Of them, requests that the client gave up before nginx answered (status 499); `undefined` without `$status`. */
  readonly givenUp: number | undefined;
  /** Of them, requests for which nginx asked no backend. */
  readonly notProxied: number;
  /** Lines in the part of the log that could not be read. */
  readonly unmatched: number;
  /** Backends of both, with what each view says. */
  readonly backends: readonly {
    readonly address: string;
    /** By the response header, which the client saw. */
    readonly headerCount: number;
    readonly logCount: number;
    readonly headerRetries: number;
    readonly logRetries: number;
  }[];
  /** Every difference, as a sentence; empty when both agree. */
  readonly differences: readonly string[];
}
