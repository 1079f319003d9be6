import type { LogFormat } from '../nginx/log-format.js';
import type { Tally } from '../tally/tally.js';
import type { SplitBy } from './reading/line-question.js';
import type { UnmatchedLine } from './reading/unmatched.js';
import type { LogWindow } from './reading/window.js';

/** What a log said. */
export interface LogAnswer {
  /** Of most of the selected records. */
  readonly format: LogFormat;
  /** The formats that records were of, that one first. */
  readonly formats: readonly FormatShare[];
  /**
   * The selected records. A record counts for the backend of its last attempt; attempts before it are that backend's
   * retries. Unattributed are requests that no backend was asked for (`notProxied`), those for which no backend was
   * left (`tally.counters.noBackendLeft`), and all when the format does not tell backends.
   *
   * Response times are `$request_time`. Service times are `$upstream_response_time` of the serving attempt, time to first
   * byte `$upstream_header_time`, connect `$upstream_connect_time`; without any of them service is `$request_time` of
   * requests with one attempt. Connections that switched protocols (101) have none of these. A backend's busy time is what
   * lies in the window of its attempts, failed ones among them. Peaks in flight stay 0: a log cannot tell them.
   */
  readonly tally: Tally;
  /** Attempts, count and retries together, by backend; `undefined` when no format tells backends. */
  readonly attempts: ReadonlyMap<string, number> | undefined;
  /** Selected responses that nginx made because no backend was left; `undefined` likewise. */
  readonly noLiveUpstreams: number | undefined;
  /**
   * Responses that really came from the backend, by backend with at least one; `undefined` when a format that tells
   * backends has no status of attempts.
   */
  readonly servedFinal: ReadonlyMap<string, number> | undefined;
  /** One for each value of `by`, in the order of their first line; of too many, the most frequent first. Empty without `by`. */
  readonly groups: readonly LogGroup[];
  /** The values beyond the number of groups; `undefined` when there were none. */
  readonly others: LogGroup | undefined;
  /** None of those has more records than this; `undefined` when there were none. */
  readonly othersAtMost: number | undefined;
  readonly by: SplitBy | undefined;
  /** Lines as `wc -l` counts them, and a last one without line feed. */
  readonly physicalLines: number;
  /** Requests that were read, selected or not. */
  readonly records: number;
  /** Requests that were selected; everything above is about them. */
  readonly selected: number;
  readonly unmatched: { readonly count: number; readonly first: readonly UnmatchedLine[] };
  /** What rates and requests in flight belong to; `undefined` when no record has a time. */
  readonly window: LogWindow | undefined;
  /** Milliseconds since 1970 of the first start of a selected request; `undefined` when none is known. */
  readonly firstStartMs: number | undefined;
  /** What must be known of single files: became shorter, damaged. */
  readonly notes: readonly { readonly file: string; readonly text: string }[];
  /** In the order they were read. */
  readonly files: readonly string[];
}

/** The records of one format. */
export interface FormatShare {
  readonly format: LogFormat;
  readonly records: number;
  readonly selected: number;
}

/** The formats that the figures of an answer are of. */
export function selectedFormats({ formats }: Pick<LogAnswer, 'formats'>): readonly FormatShare[] {
  const selected = formats.filter((one) => one.selected > 0);
  return selected.length > 0 ? selected : formats;
}

/** The records with one value of `by`. */
export interface LogGroup {
  readonly key: string;
  readonly tally: Tally;
  /** Records of the value that are counted among the others, at most: of lines that could be read only once. */
  readonly mayLack: number;
}

/** Name of the group of the values beyond the number of groups. */
export const othersKey = 'other';
