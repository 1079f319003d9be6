import { lastLinesOfGzip, lastLinesOfPlain } from '../source/last-lines.js';
import type { LogFile } from '../source/log-file.js';
import type { OpenStream } from '../source/read-stream.js';
import type { LogPart } from './part-result.js';

/**
 * Divides files into parts, in the order of their lines.
 *
 * @param partBytes size of a plain file's parts
 * @param startByteOf the bytes left out at the start of a plain file
 */
export function planParts(
  files: readonly LogFile[],
  partBytes: number,
  startByteOf: (path: string) => number = () => 0,
): LogPart[] {
  return files.flatMap((file) => partsOf(file, startByteOf(file.path), partBytes));
}

function partsOf(file: LogFile, firstByte: number, partBytes: number): LogPart[] {
  if (file.kind !== 'plain') return [{ file, startByte: 0, endByte: 0, skipLines: 0, lastLines: undefined }];
  const parts: LogPart[] = [];
  for (let startByte = firstByte; startByte < file.sizeBytes; ) {
    const endByte = Math.min(file.sizeBytes, startByte + partBytes);
    parts.push({ file, startByte, endByte, skipLines: 0, lastLines: undefined });
    startByte = endByte;
  }
  return parts;
}

/** The parts that hold the last lines of all files together. */
export async function planLastParts(
  files: readonly LogFile[],
  partBytes: number,
  lastLines: number,
  open: OpenStream,
): Promise<LogPart[]> {
  const parts: LogPart[] = [];
  let wanted = lastLines;
  for (const file of files.toReversed()) {
    if (wanted === 0) break;
    if (file.kind === 'plain') {
      const { lines, startByte } = lastLinesOfPlain(file, wanted);
      parts.unshift(...partsOf(file, startByte, partBytes));
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
