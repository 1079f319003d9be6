import type { LineMatcher } from '../scanner/line-matcher.js';
import { readLastOfStream, SkippingSink } from '../source/last-lines.js';
import { LineFeeder, type LineSink } from '../source/line-feeder.js';
import type { LogFile } from '../source/log-file.js';
import { readRange } from '../source/read-range.js';
import { type OpenStream, readStream } from '../source/read-stream.js';
import { LogReader, type PartData } from './log-reader.js';
import type { LogQuery } from './query.js';

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

export interface PartResult {
  readonly data: PartData;
  /** Lines of the file before this part that are known; `undefined` where the part starts somewhere in a file. */
  readonly linesBefore: number | undefined;
  /** Bytes behind the last line feed of the file. */
  readonly rest: Uint8Array;
  /** What a reader must know about the file. */
  readonly notes: readonly string[];
}

/**
 * Reads one part. Await `prepareHistograms` before.
 *
 * @param line of this query, for one part after the other
 */
export async function readPart(
  query: LogQuery,
  part: LogPart,
  open: OpenStream,
  line: LineMatcher,
  onBytes: (bytes: number) => void = () => {},
): Promise<PartResult> {
  const reader = new LogReader(query, line);
  const notes: string[] = [];
  const onDamage = (reason: string) =>
    notes.push(`the file is damaged, and what follows the damage was not read: ${reason}`);
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
  const data = reader.toData();
  reader.release();
  return { data, linesBefore, rest, notes };
}

function counting(reader: LogReader, onBytes: (bytes: number) => void): LineSink {
  return {
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
