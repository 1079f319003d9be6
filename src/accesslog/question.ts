import type { Readable } from 'node:stream';
import type { FormatChoice } from './choose-format.js';
import type { PoolSelection, Selection, SplitBy } from './reading/line-question.js';

/** What is asked of which logs. */
export interface LogQuestion {
  /** Files, patterns in quotes, `-` for standard input. Rotated files are put in order of time. */
  readonly paths: readonly string[];
  /** Also the rotated files beside each path. */
  readonly rotated?: boolean | undefined;
  /** `undefined` recognises the format from the first lines. */
  readonly format?: FormatChoice | undefined;
  readonly selection?: Selection | undefined;
  readonly pool?: PoolSelection | undefined;
  /** Only the last lines of all files together; the selection is made among them, as `tail -n N | grep` does. */
  readonly lastLines?: number | undefined;
  readonly by?: SplitBy | undefined;
  /** Values of `by` that get a table of their own; 50 unless told. */
  readonly maxGroups?: number | undefined;
  /** Backends where known, by address or by name, and names of pools. */
  readonly knownAddresses?: readonly string[] | undefined;
  readonly poolNames?: readonly string[] | undefined;
  /** Bytes to leave out at the start of a plain file; not together with `lastLines`. */
  readonly startByteOf?: ((path: string) => number) | undefined;
  /** Where the window of requests in flight begins; 0 to count all of each request. Where the first one ends unless told. */
  readonly windowFromMs?: number | undefined;
  /** Threads, the calling one among them. The result does not depend on it, but for which of thousands of rare values get a table. */
  readonly threads?: number | undefined;
  /** Size of the parts that plain files are divided into; 16 MiB unless told. */
  readonly partBytes?: number | undefined;
  readonly stdin?: (() => Readable) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Bytes read so far (uncompressed) and the files' sizes together (as they are); streams have no size. */
  readonly onProgress?: ((readBytes: number, totalBytes: number) => void) | undefined;
}
