import { fieldsOf } from '../dialect/dialects.js';
import { firstLines } from '../source/line-sample.js';
import type { LogFile } from '../source/log-file.js';
import { readRange } from '../source/read-range.js';
import { readStream } from '../source/read-stream.js';
import { allFormats, carryTimes, type LineQuestion } from './line-question.js';
import { LogReader } from './log-reader.js';
import type { LogPart } from './parts.js';

/** Looked at of a file; a record is among the first lines, or there is none to expect. */
const sampleBytes = 64 * 1024;
const lineFeed = 0x0a;

/**
 * Where the window of a log begins, in milliseconds since 1970: where the first record ends, or at `--since` behind that.
 * It is looked for before the reading, so that all threads cut what began before at the same moment. 0 where no line can have
 * been in flight before; `undefined` where it takes the reading itself to find the first line.
 *
 * @param parts those of one file in order
 */
export async function windowStartMs(
  question: LineQuestion,
  parts: readonly LogPart[],
): Promise<number | undefined> {
  const formats = allFormats(question.formats).filter((format) => fieldsOf(format).time !== undefined);
  if (!carryTimes(formats)) return 0;
  const firsts = new Map<string, LogPart>();
  for (const part of parts) if (!firsts.has(part.file.path)) firsts.set(part.file.path, part);
  if ([...firsts.values()].some(({ file, skipLines }) => file.kind === 'stream' || skipLines > 0))
    return undefined;
  let firstEndMs = Number.POSITIVE_INFINITY;
  for (const part of firsts.values())
    firstEndMs = Math.min(firstEndMs, firstEndIn(await startOf(part), question, part.file.path));
  if (!Number.isFinite(firstEndMs)) return undefined;
  return Math.max(firstEndMs, question.selection.sinceMs ?? firstEndMs);
}

async function startOf({ file, startByte }: LogPart): Promise<Uint8Array> {
  if (file.kind === 'gzip') return firstLines(readStream(file, noStream, () => {}));
  return firstBytes(file, startByte);
}

async function firstBytes({ path }: LogFile, startByte: number): Promise<Uint8Array> {
  const runs: Uint8Array[] = [];
  await readRange(path, startByte, startByte + sampleBytes, {
    consume: (buffer, start, end) => runs.push(Uint8Array.prototype.slice.call(buffer, start, end)),
    skipped() {},
  });
  return Buffer.concat(runs);
}

const noStream = (): never => {
  throw new Error('a file is no stream');
};

/** The end of the first record among some lines; infinite when there is none. */
function firstEndIn(lines: Uint8Array, question: LineQuestion, path: string): number {
  const reader = new LogReader({ ...question, isTimed: true, selection: {} }, () => ({ take() {} }));
  reader.startFile(path);
  for (let start = 0; ; ) {
    const end = lines.indexOf(lineFeed, start) + 1;
    if (end === 0) return Number.POSITIVE_INFINITY;
    reader.consume(lines, start, end);
    const { firstEndMs } = reader.counts.times;
    if (Number.isFinite(firstEndMs)) return firstEndMs;
    start = end;
  }
}
