import type { LogFormat } from '../../nginx/log-format.js';
import { carriesTimes } from '../dialect/dialect.js';
import { fieldsOf } from '../dialect/dialects.js';

/**
 * What a log's lines can be split by: something that most formats carry, or `$NAME` for a variable of the log's own.
 * `day`, `hour` and `minute` are those of the time zone the log was written in.
 */
export type SplitBy = SplitName | `$${string}`;

type SplitName = 'uri' | 'method' | 'status' | 'host' | 'user-agent' | 'day' | 'hour' | 'minute';

export const splitNames: readonly SplitName[] = [
  'uri',
  'method',
  'status',
  'host',
  'user-agent',
  'day',
  'hour',
  'minute',
];

/** Reads what `--by` says: one of the names, else a variable, with or without what marks it. */
export function splitBy(text: string): SplitBy {
  return splitNames.find((name) => name === text) ?? `$${text.replace(/^[$%]/, '')}`;
}

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
  /** `NAME=PATTERN` of any variable of the format, `NAME!=PATTERN` for the records that do not match. */
  readonly where?: readonly string[] | undefined;
  /** Milliseconds since 1970; the moment itself counts. */
  readonly sinceMs?: number | undefined;
  /** Milliseconds since 1970; the moment itself does not count. */
  readonly untilMs?: number | undefined;
}

/** The formats that the lines of logs may have. */
export interface LineFormats {
  /** Those told or seen, at least one; the one of most lines first. */
  readonly seen: readonly LogFormat[];
  /** By file: which of them its lines are tried against first, in that order; where it does not say, all of them. */
  readonly orderOf: ReadonlyMap<string, readonly number[]>;
  /** What a line may be of besides: formats that are known, but of which no line was seen beforehand. */
  readonly known: readonly LogFormat[];
}

/** Of logs of which the format is certain. */
export function onlyFormat(format: LogFormat): LineFormats {
  return { seen: [format], orderOf: new Map(), known: [] };
}

/** All of them; what is counted by format goes in this order. */
export function allFormats({ seen, known }: LineFormats): readonly LogFormat[] {
  return [...seen, ...known];
}

/** Whether lines of any of these formats carry a time that a histogram is needed for. */
export function carryTimes(formats: readonly LogFormat[]): boolean {
  return formats.some((format) => carriesTimes(fieldsOf(format)));
}

/** One pool of several in a log: the records whose backend is of it count. */
export interface PoolSelection {
  readonly name: string;
  readonly own: readonly string[];
  /** Backends of other pools, and the names of those. A backend that nobody knows may be one of this pool's. */
  readonly others: readonly string[];
  readonly otherNames: readonly string[];
}

/** What is asked of each line. Survives a structured clone. */
export interface LineQuestion {
  readonly formats: LineFormats;
  /** Whether times can be kept, for which there must be histograms. Without them lines that carry times are left, which is told. */
  readonly isTimed: boolean;
  readonly selection: Selection;
  readonly pool: PoolSelection | undefined;
  readonly by: SplitBy | undefined;
  /** Values of `by` that get a table of their own; the others share one. */
  readonly maxGroups: number;
  /** The values that get a table, where a reading before has told them; else the first ones do, until that is known. */
  readonly groupKeys: readonly string[];
  /** No other value has more records than this; known with them. */
  readonly othersAtMost: number | undefined;
  /** The lines cannot be read again when the frequent values are known, so that these get their tables on the way. */
  readonly isReadOnce: boolean;
  /**
   * Backends where known, by address or by name: only they can tell a socket path with `, ` in it from two attempts, or a
   * backend's name from that of a pool.
   */
  readonly knownAddresses: readonly string[];
  /** Names of pools where a configuration tells them. */
  readonly poolNames: readonly string[];
  /**
   * Where the window of requests in flight begins, in milliseconds since 1970: what of them lies before does not count.
   * `undefined` for where the first record ends.
   */
  readonly windowFromMs: number | undefined;
}
