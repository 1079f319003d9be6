import { availableParallelism } from 'node:os';
import type { Readable } from 'node:stream';
import { LbbenchError } from '../model/fault.js';
import type { LogFormat } from '../nginx/log-format.js';
import { prepareHistograms } from '../tally/latency-histogram.js';
import { chooseFormat, type FormatChoice } from './choose-format.js';
import type { LogResult } from './log-result.js';
import { carriesTimes, fieldsOf } from './reading/fields.js';
import type { PartMerger } from './reading/merge-parts.js';
import { readParts } from './reading/part-team.js';
import { planLastParts, planParts } from './reading/plan-parts.js';
import type { LogQuery, Selection, SplitBy } from './reading/query.js';
import { selectionFaults } from './reading/selector.js';
import { splitFaults } from './reading/splitter.js';
import { expandPaths } from './source/expand-paths.js';
import { inspectFile } from './source/log-file.js';
import { Streams } from './source/streams.js';

/** What is read of which logs. */
export interface LogOptions {
  /** Files, patterns in quotes, `-` for standard input. Rotated files are put in order of time. */
  readonly paths: readonly string[];
  /** Also the rotated files beside each path. */
  readonly rotated?: boolean | undefined;
  /** `undefined` recognises the format from the first lines. */
  readonly format?: FormatChoice | undefined;
  readonly selection?: Selection | undefined;
  /** Only the last lines of all files together; the selection is made among them, as `tail -n N | grep` does. */
  readonly lastLines?: number | undefined;
  readonly by?: SplitBy | undefined;
  /** Values of `by` that get a table of their own; 50 unless told. */
  readonly maxGroups?: number | undefined;
  /** Addresses of the pool where known. */
  readonly knownAddresses?: readonly string[] | undefined;
  /** Bytes to leave out at the start of a plain file; not together with `lastLines`. */
  readonly startByteOf?: ((path: string) => number) | undefined;
  /** Threads, the calling one among them. The result does not depend on it. */
  readonly threads?: number | undefined;
  /** Size of the parts that plain files are divided into; 16 MiB unless told. */
  readonly partBytes?: number | undefined;
  readonly stdin?: (() => Readable) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Bytes read so far (uncompressed) and the files' sizes together (as they are); streams have no size. */
  readonly onProgress?: ((readBytes: number, totalBytes: number) => void) | undefined;
}

const defaultMaxGroups = 50;
const defaultPartBytes = 16 * 1024 * 1024;

/**
 * Reads access logs into a tally: which backend served what, how often nginx tried another one before, how long it
 * took. One pass, in memory that does not grow with the log. What cannot be read is counted, never dropped.
 *
 * @throws LbbenchError before reading, for a file that cannot be read, a format that is ambiguous or not recognised,
 *   or a selection that the format cannot answer
 */
export async function readLog(options: LogOptions): Promise<LogResult> {
  const files = expandPaths(options.paths, options.rotated).map(inspectFile);
  const streams = new Streams(options.stdin);
  const query = queryOf(await chooseFormat(options.format, files, streams), options);
  const partBytes = isDivisible(query.format)
    ? (options.partBytes ?? defaultPartBytes)
    : Number.POSITIVE_INFINITY;
  const open = (path: string) => streams.open(path);
  const parts =
    options.lastLines === undefined
      ? planParts(files, partBytes, options.startByteOf)
      : await planLastParts(files, partBytes, options.lastLines, open);
  // Compiling them takes longer than reading a small log without times.
  if (carriesTimes(fieldsOf(query.format))) await prepareHistograms();
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let readBytes = 0;
  const onBytes = (bytes: number) => {
    readBytes += bytes;
    options.onProgress?.(readBytes, totalBytes);
  };
  // A stream can be read only once, and only by this thread.
  const hasStream = parts.some(({ file }) => file.kind === 'stream');
  const merger = await readExactly(
    query,
    (question, threads) => readParts(question, parts, threads, open, onBytes, options.signal),
    hasStream ? 1 : Math.min(options.threads ?? 1, parts.length),
  );
  return merger.result(files.map(({ path }) => path));
}

/** Threads worth using on this machine. */
export function defaultThreads(): number {
  return Math.max(1, Math.min(4, availableParallelism()));
}

/** Checks what is asked for against the format, and puts defaults in. */
export function queryOf(
  format: LogFormat,
  options: Pick<LogOptions, 'selection' | 'by' | 'maxGroups' | 'knownAddresses'>,
): LogQuery {
  const selection = options.selection ?? {};
  const fields = fieldsOf(format);
  const faults = [...selectionFaults(selection, fields), ...splitFaults(options.by, fields)];
  if (faults.length > 0) throw new LbbenchError('usage', faults);
  return {
    format,
    selection,
    by: options.by,
    maxGroups: options.maxGroups ?? defaultMaxGroups,
    groupKeys: [],
    knownAddresses: options.knownAddresses ?? [],
  };
}

/** A record of several lines must not be torn. */
function isDivisible({ escape: mode }: LogFormat): boolean {
  return mode !== 'none';
}

/**
 * A thread cannot know what other threads saw first. Where there was more than finds room, the groups are known after
 * the first reading, and the second one is exact; backends beyond the number that a tally keeps need one thread.
 */
async function readExactly(
  query: LogQuery,
  read: (query: LogQuery, threads: number) => Promise<PartMerger>,
  threads: number,
): Promise<PartMerger> {
  const merger = await read(query, threads);
  const tooMany = threads > 1 ? merger.hasTooMany : undefined;
  if (tooMany === undefined) return merger;
  if (tooMany === 'backends') return read(query, 1);
  return read({ ...query, groupKeys: merger.groupKeys }, threads);
}
