import { lastLinesOfGzip, lastLinesOfPlain, readLastOfStream, SkippingSink } from '../source/last-lines.js';
import { LineFeeder, type LineSink } from '../source/line-feeder.js';
import type { LogFile } from '../source/log-file.js';
import { readRange } from '../source/read-range.js';
import { type OpenStream, readStream } from '../source/read-stream.js';
import type { BookReader, PartLines } from './book-reader.js';

/** A part of a log that one thread reads. */
export interface LogPart {
  readonly file: LogFile;
  /** Of a plain file: the lines that start in `[startByte, endByte)`. */
  readonly startByte: number;
  readonly endByte: number;
  /** Of other files: the lines left out at the start. */
  readonly skipLines: number;
  /** Of a stream: only so many lines at its end; `undefined` for all. */
  readonly lastLines: number | undefined;
}

export interface PartResult extends PartLines {
  /** Lines of the file before this part that are known; `undefined` where the part starts somewhere in a file. */
  readonly linesBefore: number | undefined;
  /** Bytes behind the last line feed of the file. */
  readonly rest: Uint8Array;
  /** What a reader must know about the file. */
  readonly notes: readonly string[];
}

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

/**
 * Hands out the parts of a log to the threads that read it, each part once and in order. A thread takes its next part
 * itself: asking another one, which is reading too, left it idle for a third of the time.
 */
export class PartClaims {
  readonly #next: Int32Array;

  constructor(
    readonly parts: readonly LogPart[],
    memory: SharedArrayBuffer,
  ) {
    this.#next = new Int32Array(memory, 0, 1);
  }

  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(4);
  }

  /** The parts that are this thread's, one after the other as it asks for them. */
  *rest(): Generator<{ readonly index: number; readonly part: LogPart }> {
    for (;;) {
      const index = Atomics.add(this.#next, 0, 1);
      const part = this.parts[index];
      if (part === undefined) return;
      yield { index, part };
    }
  }

  /** Leaves the others unread. */
  stop(): void {
    Atomics.store(this.#next, 0, this.parts.length);
  }
}

/** Reads one part with a reader that may have read others before. */
export async function readPart(
  reader: BookReader,
  part: LogPart,
  open: OpenStream,
  onBytes: (bytes: number) => void = () => {},
): Promise<PartResult> {
  const notes: string[] = [];
  const onDamage = (reason: string) =>
    notes.push(`the file is damaged, and what follows the damage was not read: ${reason}`);
  reader.startFile(part.file.path);
  let rest: Uint8Array;
  let linesBefore: number | undefined = part.skipLines;
  const sink = counting(reader, onBytes);
  if (part.file.kind === 'plain') {
    const end = await readRange(part.file.path, part.startByte, part.endByte, sink);
    if (end.isShort) notes.push('the file became shorter while it was read');
    rest = end.rest;
    linesBefore = part.startByte === 0 ? 0 : undefined;
  } else if (part.lastLines !== undefined) {
    const last = await readLastOfStream(part.file, open, part.lastLines, sink, onDamage);
    rest = last.rest;
    linesBefore = last.dropped;
  } else {
    const feeder = new LineFeeder(part.skipLines > 0 ? new SkippingSink(sink, part.skipLines) : sink);
    for await (const chunk of readStream(part.file, open, onDamage)) feeder.push(chunk);
    rest = feeder.takeRest();
  }
  return { ...reader.endPart(), linesBefore, rest, notes };
}

function counting(reader: BookReader, onBytes: (bytes: number) => void): LineSink {
  return {
    room: reader.room,
    consume(buffer, start, end) {
      reader.consume(buffer, start, end);
      onBytes(end - start);
    },
    skipped(lengthBytes, head) {
      reader.skipped(lengthBytes, head);
      onBytes(lengthBytes);
    },
  };
}
