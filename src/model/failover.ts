import type { LabEvent } from './plan.js';

/** What a failover drill showed. All times are milliseconds since the start of the run. */
export interface FailoverReport {
  /** In the order of the plan. */
  readonly events: readonly DrillEvent[];
  /** In the order in which they began. */
  readonly outages: readonly Outage[];
}

/** A step of the drill, as planned and as it happened. */
export interface DrillEvent extends LabEvent {
  /** When lbbench set about it; `undefined` when the run was over before. */
  readonly startedMs: number | undefined;
  /** When it was done; `undefined` when it was not. */
  readonly doneMs: number | undefined;
}

/** A time in which one backend was not well, and what became of the requests. */
export interface Outage {
  readonly backend: string;
  /** What was done to it. */
  readonly action: Exclude<LabEvent['action'], 'start'>;
  readonly fromMs: number;
  /** Its next event; `undefined` when the run ended first. */
  readonly untilMs: number | undefined;
  /** nginx's parameters of the server. */
  readonly maxFails: number;
  readonly failTimeoutSec: number;
  /** Since the backend's event before, or the start of the run. */
  readonly before: OutagePeriod;
  readonly during: OutagePeriod;
  /**
   * From its first good answer after its `start` (from its `start`, when there was none) to its next event or the end of
   * the run; `undefined` when it was not started.
   */
  readonly after: OutagePeriod | undefined;
  /** Attempts at it during the outage that failed: passed on to another backend, or answered 5xx. */
  readonly failedAttempts: number;
  /** How the balancer took it out; `undefined` when it did not, or too few requests show it. */
  readonly takenOut:
    | {
        /** From the event to the last request that was sent to it before it got no more. */
        readonly afterMs: number;
        /** Failed attempts up to then. */
        readonly failures: number;
        /** Failed attempts from then on: the balancer looked whether it was back. */
        readonly probes: number;
      }
    | undefined;
  /** From its `start` to the first request that was sent to it and answered well; `undefined` when there was none. */
  readonly backMs: number | undefined;
  /** `undefined` for methods without a key. */
  readonly keys: MovedKeys | undefined;
}

/** Requests that ended in a stretch of time. */
export interface OutagePeriod {
  readonly fromMs: number;
  readonly toMs: number;
  /** All that ended, however. */
  readonly requests: number;
  /** Those that got no response. */
  readonly failures: number;
  /** Responses of status 400 and above. */
  readonly errors: number;
  /** Attempts that were passed on to another backend. */
  readonly retries: number;
  readonly backends: readonly OutageBackend[];
}

/** One backend's part in a period. */
export interface OutageBackend {
  readonly address: string;
  /** Responses it served, of any status. */
  readonly count: number;
  /** Of the attributed responses; `undefined` when there were none. */
  readonly share: number | undefined;
  /** Its responses of status 400 and above. */
  readonly errors: number;
  /** Attempts at it that were passed on. */
  readonly retries: number;
}

/** What an outage did to the keys of a hash: distinct keys seen before the first event and again during the outage. */
export interface MovedKeys {
  readonly compared: number;
  /** Of them, those that the failed backend had served: these must move, and no others, for the ideal method. */
  readonly owned: number;
  /** Served by another backend than before at least once. */
  readonly moved: number;
  /** Moved although their backend was well. */
  readonly needless: number;
}
