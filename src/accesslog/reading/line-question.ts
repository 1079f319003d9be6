import type { LogFormat } from '../../nginx/log-format.js';

/** What a log's lines can be split by. `day`, `hour` and `minute` are those of the time zone the log was written in. */
export type SplitBy = 'uri' | 'method' | 'status' | 'host' | 'user-agent' | 'day' | 'hour' | 'minute';

export const splitNames: readonly SplitBy[] = [
  'uri',
  'method',
  'status',
  'host',
  'user-agent',
  'day',
  'hour',
  'minute',
];

/**
 * Which records count. All that are given must hold; of several patterns for one field any one must. A pattern is a
 * glob over the whole value (`/chat*`; `*` and `?` match any character, also `/`) or a regular expression between
 * slashes that is searched for (`/compl.*s/i`).
 */
export interface Selection {
  /** Request target, with or without its query: `/completions` and `/completions*` both match `/completions?x=1`. */
  readonly uri?: readonly string[] | undefined;
  /** In any case. */
  readonly method?: readonly string[] | undefined;
  /** Codes, classes and ranges: `404`, `5xx`, `500-504`. */
  readonly status?: readonly string[] | undefined;
  /** In any case. */
  readonly host?: readonly string[] | undefined;
  readonly userAgent?: readonly string[] | undefined;
  /** Milliseconds since 1970; the moment itself counts. */
  readonly sinceMs?: number | undefined;
  /** Milliseconds since 1970; the moment itself does not count. */
  readonly untilMs?: number | undefined;
}

/** What is asked of each line. Survives a structured clone. */
export interface LineQuestion {
  readonly format: LogFormat;
  readonly selection: Selection;
  readonly by: SplitBy | undefined;
  /** Values of `by` that get a table of their own; the others share one. */
  readonly maxGroups: number;
  /** The values known to get a table already; the first others seen get the tables that are left. */
  readonly groupKeys: readonly string[];
  /** Addresses of the pool where known; only they can tell a socket path with `, ` in it from two attempts. */
  readonly knownAddresses: readonly string[];
}
