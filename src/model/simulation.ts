import type { Distribution, Report } from './report.js';
import type { Warning } from './warning.js';

/** What balancing methods would have done with the same requests, without any being sent. */
export interface SimulationReport {
  readonly schema: 'lbbench.simulation/1';
  readonly tool: Report['tool'];
  /** Name of the `upstream` block. */
  readonly upstream: string;
  /** Of the generator behind the random methods; each algorithm starts it anew. */
  readonly seed: number;
  /** Requests looked at, those not balanced included. */
  readonly requests: number;
  /** Requests that never reach the balancer: nginx answers 400 to their target, or their log says so. */
  readonly notBalanced: number;
  /** First arrival to last arrival or end; `undefined` when the requests followed each other without times. */
  readonly durationMs: number | undefined;
  /** One for each algorithm, in the order asked for. */
  readonly runs: readonly SimulatedRun[];
  readonly warnings: readonly Warning[];
}

/** What one balancing method would have done. */
export interface SimulatedRun {
  /** As asked for. */
  readonly algorithm: string;
  /** Requests that found no server left and got 502. */
  readonly noBackendLeft: number;
  readonly backends: readonly SimulatedBackend[];
  readonly distribution: Distribution;
  /** `undefined` for methods without a key. */
  readonly keys: SimulatedKeys | undefined;
  /** How the work of language models spread; `undefined` without a trace. */
  readonly llm?: SimulatedWork | undefined;
  readonly warnings: readonly Warning[];
}

/** Skews as of requests: the largest of abs(share / expected share - 1). */
export interface SimulatedWork {
  /** Of output tokens, and what chance alone stays under 99 times in 100. */
  readonly tokenSkew: number | undefined;
  readonly tokenSkewNoise: number | undefined;
  /** Of prompt tokens. */
  readonly promptSkew: number | undefined;
  /** Of tokens held, averaged over the time: prompts, and what is generated of their answers. */
  readonly heldSkew: number | undefined;
  /** Prompt tokens that were in a cache, of all. */
  readonly cachedRatio: number;
  /** Time to the first token. */
  readonly ttftMs: { readonly p50: number; readonly p99: number };
}

export interface SimulatedKeys {
  /** Distinct keys; at least that many when `capped`. */
  readonly distinct: number;
  /** There were more keys than fit in memory: those figures are of the first ones. */
  readonly capped: boolean;
}

export interface SimulatedBackend {
  readonly address: string;
  readonly weight: number;
  readonly expectedShare: number | undefined;
  /** Requests it would have got. */
  readonly count: number;
  readonly share: number | undefined;
  /** share / expectedShare - 1. */
  readonly deviation: number | undefined;
  /** Distinct keys that led to it first; `undefined` for methods without a key. */
  readonly keys: number | undefined;
  /** Requests in flight at it, averaged over the time; `undefined` without times. */
  readonly meanInFlight: number | undefined;
  readonly peakInFlight: number | undefined;
  /** Of language models; `undefined` without a trace. */
  readonly llm?: SimulatedBackendWork | undefined;
}

export interface SimulatedBackendWork {
  readonly tokensIn: number;
  readonly tokensOut: number;
  readonly meanHeldTokens: number;
  readonly peakHeldTokens: number;
  /** Prompt tokens that were in its cache, of all that it got. */
  readonly cachedRatio: number;
}
