import { lastLinesOfGzip, lastLinesOfPlain } from '../source/last-lines.js';
import type { LogFile } from '../source/log-file.js';
import type { OpenStream } from '../source/read-stream.js';
import type { LogPart } from './read-part.js';

/**
 * Plain files are read in parts of this size whatever the number of threads, so that the parts, and with them the
 * result to the last digit, do not depend on it.
 */
const partBytes = 32 * 1024 * 1024;

/**
 * Divides files into parts, in the order of their lines.
 *
 * @param startByteOf the bytes left out at the start of a plain file
 */
export function planParts(
  files: readonly LogFile[],
  divisible: boolean,
  startByteOf: (path: string) => number = () => 0,
): LogPart[] {
  return files.flatMap((file) => partsOf(file, startByteOf(file.path), divisible));
}

function partsOf(file: LogFile, firstByte: number, divisible: boolean): LogPart[] {
  if (file.kind !== 'plain') return [{ file, startByte: 0, endByte: 0, skipLines: 0, lastLines: undefined }];
  const parts: LogPart[] = [];
  const step = divisible ? partBytes : Number.POSITIVE_INFINITY;
  for (let startByte = firstByte; startByte < file.sizeBytes; ) {
    const endByte = Math.min(file.sizeBytes, startByte + step);
    parts.push({ file, startByte, endByte, skipLines: 0, lastLines: undefined });
    startByte = endByte;
  }
  return parts;
}

/** The parts that hold the last lines of all files together. */
export async function planLastParts(
  files: readonly LogFile[],
  divisible: boolean,
  lastLines: number,
  open: OpenStream,
): Promise<LogPart[]> {
  const parts: LogPart[] = [];
  let wanted = lastLines;
  for (const file of files.toReversed()) {
    if (wanted === 0) break;
    if (file.kind === 'plain') {
      const { lines, startByte } = lastLinesOfPlain(file, wanted);
      parts.unshift(...partsOf(file, startByte, divisible));
      wanted -= lines;
    } else if (file.kind === 'gzip') {
      const { lines, skipLines } = await lastLinesOfGzip(file, open, wanted);
      parts.unshift({ file, startByte: 0, endByte: 0, skipLines, lastLines: undefined });
      wanted -= lines;
    } else {
      // How many lines a stream has is known only behind its end, so it takes all that are still wanted.
      parts.unshift({ file, startByte: 0, endByte: 0, skipLines: 0, lastLines: wanted });
      wanted = 0;
    }
  }
  return parts;
}
