import { closeSync, readSync } from 'node:fs';
import { LineFeeder, type LineSink } from './line-feeder.js';
import { openLog } from './log-file.js';

/** How a range ended. */
export interface RangeEnd {
  /** Bytes behind the last line feed of the file, when the range reached them. */
  readonly rest: Uint8Array;
  /** The file ended before the range did: it was cut while it was read. */
  readonly isShort: boolean;
}

const lineFeed = 0x0a;
const smallBytes = 64 * 1024;
/** How much is read before other work of the thread gets its turn. */
const turnBytes = 8 * 1024 * 1024;

/**
 * Reads the lines that start in `[startByte, endByte)` of a plain file, the last one to its end. Ranges that meet
 * share no line and leave none out.
 */
export async function readRange(
  path: string,
  startByte: number,
  endByte: number,
  sink: LineSink,
): Promise<RangeEnd> {
  const file = openLog(path);
  try {
    const first = startByte === 0 ? 0 : lineStart(file, startByte);
    const feeder = new LineFeeder(sink);
    let position = first;
    let turn = 0;
    while (position < endByte) {
      const space = feeder.space();
      const length = readSync(file, space, 0, Math.min(space.length, endByte - position), position);
      if (length === 0) return { rest: feeder.takeRest(), isShort: true };
      feeder.commit(length);
      position += length;
      turn += length;
      if (turn >= turnBytes) {
        turn = 0;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    finishLine(file, position, feeder);
    return { rest: feeder.takeRest(), isShort: false };
  } finally {
    closeSync(file);
  }
}

/** The first start of a line at or behind an offset; the end of the file when there is none. */
function lineStart(file: number, offset: number): number {
  const buffer = Buffer.allocUnsafe(smallBytes);
  for (let position = offset - 1; ; ) {
    const length = readSync(file, buffer, 0, buffer.length, position);
    if (length === 0) return position;
    const end = buffer.subarray(0, length).indexOf(lineFeed);
    if (end >= 0) return position + end + 1;
    position += length;
  }
}

function finishLine(file: number, from: number, feeder: LineFeeder): void {
  const buffer = Buffer.allocUnsafe(smallBytes);
  let position = from;
  while (feeder.isMidLine) {
    const length = readSync(file, buffer, 0, buffer.length, position);
    if (length === 0) return;
    const end = buffer.subarray(0, length).indexOf(lineFeed);
    feeder.push(buffer.subarray(0, end < 0 ? length : end + 1));
    position += length;
  }
}
