import { closeSync, readSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { LbbenchError } from '../model/fault.js';
import type { LogFormat } from '../nginx/log-format.js';
import { prepareHistograms } from '../tally/latency-histogram.js';
import { chooseFormats } from './choose-format.js';
import type { LogAnswer } from './log-answer.js';
import type { LogQuestion } from './question.js';
import { carryTimes, type LineQuestion } from './reading/line-question.js';
import type { PartMerger } from './reading/merge-parts.js';
import { readParts } from './reading/part-team.js';
import { planLastParts, planParts } from './reading/parts.js';
import { selectionFaults } from './reading/selector.js';
import { splitFaults } from './reading/splitter.js';
import { windowStartMs } from './reading/window-start.js';
import { expandPaths } from './source/expand-paths.js';
import { inspectFile, type LogFile, openLog } from './source/log-file.js';
import { Streams } from './source/streams.js';
import { behindPiece } from './wrapping/prefix.js';

const defaultMaxGroups = 50;
const defaultPartBytes = 16 * 1024 * 1024;
/** Enough to see what a container's runtime puts in front of a line. */
const prefixBytes = 64;

/**
 * Reads access logs into a tally: which backend served what, how often nginx tried another one before, how long it
 * took. One pass, in memory that does not grow with the log. What cannot be read is counted, never dropped.
 *
 * @throws LbbenchError before reading, for a file that cannot be read, a format that is ambiguous or not recognised,
 *   or a selection that the format cannot answer
 */
export async function readLog(asked: LogQuestion): Promise<LogAnswer> {
  const files = expandPaths(asked.paths, asked.rotated).map(inspectFile);
  const streams = new Streams(asked.stdin);
  const formats = await chooseFormats(asked.format, files, streams);
  const isStream = files.some(({ kind }) => kind === 'stream');
  // Compiling histograms takes longer than reading a small log without times; a stream cannot be read again with them.
  const isTimed = carryTimes(formats.seen) || (isStream && carryTimes(formats.known));
  const untimed = lineQuestionOf({ formats, isTimed: false, isReadOnce: isStream }, asked);
  const askedBytes = asked.partBytes ?? defaultPartBytes;
  const isTorn = (file: LogFile) => file.sizeBytes > askedBytes && mayBeInPieces(file);
  const partBytes =
    formats.seen.every(isDivisible) && !files.some(isTorn) ? askedBytes : Number.POSITIVE_INFINITY;
  const open = (path: string) => streams.open(path);
  const parts =
    asked.lastLines === undefined
      ? planParts(files, partBytes, asked.startByteOf)
      : await planLastParts(files, partBytes, asked.lastLines, open);
  const withTimes = async (): Promise<LineQuestion> => {
    await prepareHistograms();
    const windowFromMs = asked.windowFromMs ?? (await windowStartMs(untimed, parts));
    return { ...untimed, isTimed: true, windowFromMs };
  };
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let readBytes = 0;
  const onBytes = (bytes: number) => {
    readBytes += bytes;
    asked.onProgress?.(readBytes, totalBytes);
  };
  // A stream can be read only once, and only by this thread; and only one thread finds where the window begins by reading.
  const isOneStream = parts.some(({ file }) => file.kind === 'stream');
  const threadsFor = ({ isTimed, windowFromMs }: LineQuestion) =>
    isOneStream || (isTimed && windowFromMs === undefined) ? 1 : Math.min(asked.threads ?? 1, parts.length);
  const merger = await readExactly(
    isTimed ? await withTimes() : untimed,
    (question, threads = threadsFor(question)) =>
      readParts(question, parts, { threads, open, onBytes, signal: asked.signal }),
    withTimes,
  );
  const answer = merger.answer(files.map(({ path }) => path));
  merger.releaseCounted();
  return answer;
}

/** Threads worth using on this machine. */
export function defaultThreads(): number {
  return Math.max(1, Math.min(4, availableParallelism()));
}

/** Checks what is asked against the formats, one of which must be able to answer it, and puts defaults in. */
export function lineQuestionOf(
  {
    formats,
    isTimed,
    isReadOnce = false,
  }: Pick<LineQuestion, 'formats' | 'isTimed'> & Partial<Pick<LineQuestion, 'isReadOnce'>>,
  {
    selection = {},
    pool,
    by,
    maxGroups = defaultMaxGroups,
    knownAddresses = [],
    poolNames = [],
    windowFromMs,
  }: LogQuestion,
): LineQuestion {
  const faults = formats.seen.map((format) => [
    ...selectionFaults(selection, format),
    ...splitFaults(by, format),
  ]);
  if (faults.every((ofFormat) => ofFormat.length > 0)) throw new LbbenchError('usage', faults[0] ?? []);
  return {
    formats,
    isTimed,
    selection,
    pool,
    by,
    maxGroups,
    groupKeys: [],
    othersAtMost: undefined,
    isReadOnce,
    knownAddresses,
    poolNames,
    windowFromMs,
  };
}

/** A record of several lines must not be torn. */
function isDivisible({ escape: mode }: LogFormat): boolean {
  return mode !== 'none';
}

/** Whether a container's runtime wrote it, which cuts long lines into pieces. */
function mayBeInPieces({ path, kind }: LogFile): boolean {
  if (kind !== 'plain') return false;
  const handle = openLog(path);
  try {
    const start = new Uint8Array(prefixBytes);
    readSync(handle, start, 0, start.length, 0);
    return behindPiece(start, 0) !== undefined;
  } finally {
    closeSync(handle);
  }
}

/**
 * Which values are frequent is known behind the last line. Where there are more than find room, the second reading gives those their
 * tables, and is exact; so are times of lines that nobody expected. A thread cannot know what other threads saw first: backends beyond
 * the number that a tally keeps need one thread.
 */
async function readExactly(
  question: LineQuestion,
  read: (question: LineQuestion, threads?: number) => Promise<PartMerger>,
  withTimes: () => Promise<LineQuestion>,
): Promise<PartMerger> {
  const merger = await read(question);
  if (merger.wantsTimes) {
    merger.releaseCounted();
    return readExactly(await withTimes(), read, withTimes);
  }
  const { hasTooMany, readers, groupKeys } = merger;
  const isAgain =
    (hasTooMany === 'backends' && readers > 1) || (hasTooMany === 'groups' && !question.isReadOnce);
  if (!isAgain) return merger;
  merger.releaseCounted();
  return hasTooMany === 'backends' ? read(question, 1) : read({ ...question, ...groupKeys });
}
