import type { AgentReport } from '../model/agent-report.js';
import type {
  Attribution,
  LoadPlan,
  RequestData,
  RequestPlan,
  SessionPlan,
  Slo,
  Target,
  WireName,
} from '../model/plan.js';
import type { Sample } from '../model/sample.js';
import type { Warning } from '../model/warning.js';
import type { Tally } from '../tally/tally.js';

/** One run's worth of load: what to send where, and how to tell who answered. Survives a structured clone. */
export interface LoadJob {
  readonly target: Target;
  readonly load: LoadPlan;
  readonly requests: readonly RequestPlan[];
  /** What requests take their fields from, by `dataIndex`. */
  readonly data?: readonly RequestData[] | undefined;
  readonly sessions?: SessionPlan | undefined;
  readonly attribution: Attribution;
  readonly seed: number;
  readonly threads: number;
  readonly userAgent: string;
  /** Marks the User-Agent of every request, so that an access log tells them from others; `undefined` marks none. */
  readonly runId?: string | undefined;
  /** Names of pools the balancer may put in place of an address when no backend is left. */
  readonly poolNames: readonly string[];
  /** Backends expected, in their order: they get a cell, and a row in the report, even when nothing reaches them. */
  readonly knownBackends: readonly string[];
  /** What a request must keep to count as good; `undefined` counts none. */
  readonly slo?: Slo | undefined;
  /** Records ab's columns too. */
  readonly abColumns: boolean;
  /**
   * Sends a request again that met a kept connection which the peer closed without an answer, however late, as if it had not
   * begun; ab does so. Otherwise `load.retryStale` says what becomes of it.
   */
  readonly resendsUnseen: boolean;
  /** Hands every request to `onSample`. */
  readonly samples: boolean;
}

/** How a run is watched and stopped. */
export interface LoadControl {
  /** Aborted: stop sending, wait briefly for what is in flight, report what was measured. */
  readonly signal?: AbortSignal | undefined;
  /**
   * The run itself begins, after any warm-up.
   *
   * @param originUs the moment of `nowUs` that the times of samples count from; may be some milliseconds ahead. An engine
   * that plays in virtual time never calls it.
   */
  readonly onStart?: ((originUs: number) => void) | undefined;
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  /** In order of completion. */
  readonly onSample?: ((sample: Sample) => void) | undefined;
}

/** A look at a run under way. */
export interface LoadProgress {
  readonly elapsedMs: number;
  /** Requests that ended, however. */
  readonly ended: number;
  /** Requests that ended without a response. */
  readonly failed: number;
  /** Of the ended, those that did not end in a response which is no error: the metric `errors`, as a count. */
  readonly errors: number;
  /** What most of them were, the most frequent first. */
  readonly causes?: readonly ErrorCause[] | undefined;
  /** 99th percentile of the service time so far; with several threads that of the slowest. */
  readonly p99Ms: number | undefined;
  /** Responses so far, by backend. */
  readonly backends: readonly { readonly address: string; readonly count: number }[];
  /** Of a load that several machines send, which of them need a look, by name. */
  readonly agents?: AgentsInProgress | undefined;
}

/** Why requests were errors, in a few words, and how many. */
export interface ErrorCause {
  readonly text: string;
  readonly count: number;
}

/** Agents that are not getting on as the others are. */
export interface AgentsInProgress {
  readonly all: number;
  /** Not heard of for some seconds. */
  readonly silent: readonly string[];
  /** Behind with less than half of what the quickest has done. */
  readonly slow: readonly string[];
}

/** What the first complete response of a run looked like. */
export interface FirstResponse {
  readonly server: string | undefined;
  readonly bodyBytes: number;
  /** Of its connection; `undefined` without TLS. */
  readonly tls: TlsSession | undefined;
}

export interface TlsSession {
  readonly protocol: string;
  readonly cipher: string;
  readonly cipherBits: number | undefined;
  /** Of the server's certificate. */
  readonly keyBits: number | undefined;
  /** `X25519 253 bits`. */
  readonly temporaryKey: string | undefined;
}

/** How often the process stood still, and the longest time of it. */
export interface Standstills {
  count: number;
  longestUs: number;
  /** In flight meanwhile, so that they look slower than they were. */
  requests: number;
}

/** What the sender itself was late. */
export interface GeneratorLateness {
  /** Lost by standing still and by waiting for a processor; of several threads the mean. */
  readonly lostMs: number;
  readonly standstills: Readonly<Standstills>;
}

/** What an engine sends over. */
export interface WireUse {
  readonly name: WireName;
  /** What dates a response's arrival: the kernel when its packet comes in, or this process when it looks. */
  readonly clock: 'kernel' | 'process';
  /** Why it is no better one; `undefined` where there is none. */
  readonly why: string | undefined;
}

export interface LoadResult {
  /** Closed. */
  readonly tally: Tally;
  /** `undefined` where the engine does not know. */
  readonly lateness: GeneratorLateness | undefined;
  /** `undefined` where the engine does not say. */
  readonly wire?: WireUse | undefined;
  /** Wall clock at the first start, milliseconds since 1970. */
  readonly startedAtMs: number;
  /** First start to last byte. */
  readonly durationMs: number;
  readonly interrupted: boolean;
  readonly first: FirstResponse | undefined;
  /** What the warm-up sent and got, apart from everything else; `undefined` without one. */
  readonly warmup: { readonly started: number; readonly responses: number } | undefined;
  readonly warnings: readonly Warning[];
  /** What several machines say of themselves, of a load that they sent together. */
  readonly fleet?: FleetOutcome | undefined;
}

/** What became of a load that was divided among machines, beside what they measured. */
export interface FleetOutcome {
  /**
   * Requests that a machine was given, and of which nothing was heard again: at most so many were sent. What is measured
   * is without them.
   */
  readonly lost: number;
  /** False when more than `lost` may have been sent: nobody counts what a dead machine sends until a time is over. */
  readonly isBound: boolean;
  /** Requests that were asked for and certainly not sent. */
  readonly neverStarted: number;
  readonly agents: readonly AgentReport[];
}

/** Sends load. Every engine works on the same job and fills the same tally. */
export interface Engine {
  readonly name: string;
  /** @throws LbbenchError when the load cannot be sent at all; the signal's reason when it is aborted before it could be */
  run(job: LoadJob, control: LoadControl): Promise<LoadResult>;
}
