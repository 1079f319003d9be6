import type { LogFormat } from '../nginx/log-format.js';
import type { Tally } from '../tally/tally.js';
import type { Book } from './reading/book.js';
import type { SplitBy } from './reading/query.js';
import type { UnmatchedLine } from './reading/unmatched.js';

/** What a log said. */
export interface LogResult {
  readonly format: LogFormat;
  /**
   * The selected records. A record counts for the backend of its last attempt; attempts before it are that backend's
   * retries. Unattributed are requests that no backend was asked for (`notProxied`), those for which no backend was
   * left (`tally.counters.noBackendLeft`), and all when the format has no `$upstream_addr`.
   *
   * Service times are `$upstream_response_time` of the serving attempt, time to first byte `$upstream_header_time`,
   * connect `$upstream_connect_time`; without any of them service is `$request_time` of requests with one attempt.
   * Where both are logged the shape is `open` and `tally.response` holds `$request_time`. A backend's busy time
   * includes its failed attempts. Peaks in flight stay 0: a log cannot tell them.
   */
  readonly tally: Tally;
  /** Of the unattributed: requests for which no backend was asked (local pages, cache hits, refused before). */
  readonly notProxied: number;
  /** Attempts, count and retries together, by backend; `undefined` when the format has no `$upstream_addr`. */
  readonly attempts: ReadonlyMap<string, number> | undefined;
  /** Selected responses that nginx made because no backend was left; `undefined` without `$upstream_addr`. */
  readonly noLiveUpstreams: number | undefined;
  /**
   * Responses that really came from the backend, by backend with at least one; `undefined` when the format has no
   * `$upstream_status`.
   */
  readonly servedFinal: ReadonlyMap<string, number> | undefined;
  /** How long the attempts took that did not serve the response, by the tally's cells. */
  readonly retryTimes: Book['retryTimes'];
  /** One for each value of `by`, in the order of their first line; empty without `by`. */
  readonly groups: readonly LogGroup[];
  /** The values beyond the number of groups; `undefined` when there were none. */
  readonly others: LogGroup | undefined;
  readonly by: SplitBy | undefined;
  /** Lines as `wc -l` counts them, and a last one without line feed. */
  readonly physicalLines: number;
  /** Requests that were read, selected or not. */
  readonly records: number;
  /** Requests that were selected; everything above is about them. */
  readonly selected: number;
  readonly unmatched: { readonly count: number; readonly first: readonly UnmatchedLine[] };
  /** Milliseconds since 1970 of the first start and the last end; `undefined` when the format has no time. */
  readonly firstStartMs: number | undefined;
  readonly lastEndMs: number | undefined;
  /** Milliseconds since 1970 at which slice 0 of `tally.timeline` starts; groups have no timeline. */
  readonly timelineStartMs: number | undefined;
  /** What must be known of single files: became shorter, damaged. */
  readonly notes: readonly { readonly file: string; readonly text: string }[];
  /** In the order they were read. */
  readonly files: readonly string[];
}

/** The records with one value of `by`. */
export interface LogGroup {
  readonly key: string;
  readonly tally: Tally;
  readonly notProxied: number;
}

/** Name of the group of the values beyond the number of groups. */
export const othersKey = 'other';
