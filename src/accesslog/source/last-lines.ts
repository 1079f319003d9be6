import { closeSync, readSync } from 'node:fs';
import type { LineSink } from './line-feeder.js';
import { LineFeeder } from './line-feeder.js';
import { type LogFile, openLog } from './log-file.js';
import { type OpenStream, readStream } from './read-stream.js';

/** Where the last lines of a file start. */
export interface LastLines {
  /** Lines there are, at most those asked for. */
  readonly lines: number;
  /** Of a plain file: the offset of the first of them. */
  readonly startByte: number;
  /** Of a compressed file: the lines before them. */
  readonly skipLines: number;
}

const lineFeed = 0x0a;
const chunkBytes = 256 * 1024;

/** Finds the last `wanted` lines of a plain file, from its end; bytes behind the last line feed are a line too. */
export function lastLinesOfPlain(file: LogFile, wanted: number): LastLines {
  const handle = openLog(file.path);
  try {
    const buffer = Buffer.allocUnsafe(chunkBytes);
    let lines = 0;
    // A line feed starts a line unless it is the last byte.
    for (let end = file.sizeBytes; end > 0; ) {
      const start = Math.max(0, end - buffer.length);
      const length = readSync(handle, buffer, 0, end - start, start);
      for (let i = length - 1; i >= 0; i--) {
        if (buffer[i] !== lineFeed || start + i === file.sizeBytes - 1) continue;
        lines++;
        if (lines === wanted) return { lines, startByte: start + i + 1, skipLines: 0 };
      }
      end = start;
    }
    return { lines: file.sizeBytes > 0 ? lines + 1 : 0, startByte: 0, skipLines: 0 };
  } finally {
    closeSync(handle);
  }
}

/** Counts the lines of a compressed file to know which ones are the last. */
export async function lastLinesOfGzip(file: LogFile, open: OpenStream, wanted: number): Promise<LastLines> {
  let lines = 0;
  let lastByte = lineFeed;
  for await (const chunk of readStream(file, open, () => {})) {
    for (let at = chunk.indexOf(lineFeed); at >= 0; at = chunk.indexOf(lineFeed, at + 1)) lines++;
    lastByte = chunk.at(-1) ?? lastByte;
  }
  if (lastByte !== lineFeed) lines++;
  return { lines: Math.min(lines, wanted), startByte: 0, skipLines: Math.max(0, lines - wanted) };
}

/** The number of line feeds in a plain file before an offset. */
export function countLines(path: string, endByte: number): number {
  const handle = openLog(path);
  try {
    const buffer = Buffer.allocUnsafe(chunkBytes);
    let lines = 0;
    for (let position = 0; position < endByte; ) {
      const length = readSync(handle, buffer, 0, Math.min(buffer.length, endByte - position), position);
      if (length === 0) break;
      const chunk = buffer.subarray(0, length);
      for (let at = chunk.indexOf(lineFeed); at >= 0; at = chunk.indexOf(lineFeed, at + 1)) lines++;
      position += length;
    }
    return lines;
  } finally {
    closeSync(handle);
  }
}

/** Passes on all but the first lines. */
export class SkippingSink implements LineSink {
  constructor(
    private readonly sink: LineSink,
    private remaining: number,
  ) {}

  consume(buffer: Uint8Array, start: number, end: number): void {
    let from = start;
    while (this.remaining > 0 && from < end) {
      from = buffer.indexOf(lineFeed, from) + 1;
      this.remaining--;
    }
    if (from < end) this.sink.consume(buffer, from, end);
  }

  skipped(lengthBytes: number, head: Uint8Array): void {
    if (this.remaining > 0) this.remaining--;
    else this.sink.skipped(lengthBytes, head);
  }
}

/** Keeps the last lines of a stream that can be read only once. */
export class LastLinesKeeper implements LineSink {
  readonly #runs: { readonly bytes: Uint8Array; readonly lines: number }[] = [];
  #lines = 0;
  /** Lines that were let go. */
  dropped = 0;

  constructor(private readonly wanted: number) {}

  consume(buffer: Uint8Array, start: number, end: number): void {
    let lines = 0;
    for (let at = start; at < end; lines++) at = buffer.indexOf(lineFeed, at) + 1;
    this.#keep(Uint8Array.prototype.slice.call(buffer, start, end), lines);
  }

  skipped(_: number, head: Uint8Array): void {
    this.#keep(Buffer.concat([head, Buffer.of(lineFeed)]), 1);
  }

  /** Gives what was kept to another sink, `fewer` lines less because something came behind them. */
  replay(sink: LineSink, fewer: number): void {
    const skip = Math.max(0, this.#lines - Math.max(0, this.wanted - fewer));
    this.dropped += skip;
    const skipping = new SkippingSink(sink, skip);
    for (const { bytes } of this.#runs) skipping.consume(bytes, 0, bytes.length);
  }

  #keep(bytes: Uint8Array, lines: number): void {
    this.#runs.push({ bytes, lines });
    this.#lines += lines;
    for (
      let first = this.#runs[0];
      first !== undefined && this.#lines - first.lines >= this.wanted;
      first = this.#runs[0]
    ) {
      this.#runs.shift();
      this.#lines -= first.lines;
      this.dropped += first.lines;
    }
  }
}

/** Reads a stream's last lines into a sink; gives back what stood behind the last line feed and the lines left out. */
export async function readLastOfStream(
  file: LogFile,
  open: OpenStream,
  wanted: number,
  sink: LineSink,
  onDamage: (reason: string) => void,
): Promise<{ readonly rest: Uint8Array; readonly dropped: number }> {
  const keeper = new LastLinesKeeper(wanted);
  const feeder = new LineFeeder(keeper);
  for await (const chunk of readStream(file, open, onDamage)) feeder.push(chunk);
  const rest = feeder.takeRest();
  keeper.replay(sink, rest.length > 0 ? 1 : 0);
  return { rest, dropped: keeper.dropped };
}
