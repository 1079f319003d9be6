import { readLastOfStream, SkippingSink } from '../source/last-lines.js';
import { LineFeeder, type LineSink } from '../source/line-feeder.js';
import { readRange } from '../source/read-range.js';
import { type OpenStream, readStream } from '../source/read-stream.js';
import type { LogReader } from './log-reader.js';
import type { LogPart, PartResult } from './part-result.js';

/** Reads one part with a reader that may have read others before. */
export async function readPart(
  reader: LogReader,
  part: LogPart,
  open: OpenStream,
  onBytes: (bytes: number) => void = () => {},
): Promise<PartResult> {
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
  return { ...reader.endPart(), linesBefore, rest, notes };
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
