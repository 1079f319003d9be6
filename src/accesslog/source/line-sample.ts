import { closeSync, readSync } from 'node:fs';
import { LineFeeder, type LineSink, lineLimits } from './line-feeder.js';
import { type LogFile, openLog } from './log-file.js';
import { readStream } from './read-stream.js';

/** Enough lines to recognise a format by. */
const sampleBytes = 256 * 1024;
const lineFeed = 0x0a;

/** Keeps the first lines of what passes by, but for those that are too long, however long they are. */
export class LineSample implements LineSink {
  readonly #feeder = new LineFeeder(this);
  readonly #lines: Uint8Array[] = [];
  #length = 0;
  #start: Uint8Array | undefined;

  push(bytes: Uint8Array): void {
    this.#start ??= Uint8Array.from(bytes.subarray(0, lineLimits.plausibleBytes));
    this.#feeder.push(bytes);
  }

  get hasLine(): boolean {
    return this.#length > 0;
  }

  get isFull(): boolean {
    return this.#length >= sampleBytes;
  }

  /** The lines; where there is none, what came first. Call it once. */
  take(): Uint8Array {
    const rest = this.#feeder.takeRest();
    if (this.hasLine) return Buffer.concat(this.#lines);
    return rest.length > 0 ? rest : (this.#start ?? rest);
  }

  consume(buffer: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end && !this.isFull; ) {
      const next = buffer.indexOf(lineFeed, at) + 1;
      // After a crash a line can follow a run of NUL bytes.
      while (buffer[at] === 0) at++;
      if (next - at <= lineLimits.plausibleBytes && next - at > 1) {
        const line = Uint8Array.from(buffer.subarray(at, next));
        this.#lines.push(line);
        this.#length += line.length;
      }
      at = next;
    }
  }

  skipped(): void {}
}

/** The first lines of a stream of bytes, which is read no further than that. */
export async function firstLines(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const sample = new LineSample();
  for await (const chunk of chunks) {
    sample.push(chunk);
    if (sample.isFull) break;
  }
  return sample.take();
}

/** Places of a file that are looked at besides its start, the last one at its end, and how much of each. */
const places = 8;
const placeBytes = 16 * 1024;

/**
 * The first lines of a file and, where it can be read from anywhere, some from other places in it: its format may have changed.
 *
 * @throws LbbenchError when it cannot be read
 */
export async function sampleOf(file: LogFile): Promise<Uint8Array> {
  const noStreams = (): never => {
    throw new Error('a file is no stream');
  };
  const first = await firstLines(readStream(file, noStreams, () => {}));
  if (file.kind !== 'plain' || file.sizeBytes <= sampleBytes) return first;
  const handle = openLog(file.path);
  try {
    const samples = [first];
    const last = file.sizeBytes - placeBytes;
    for (let place = 1; place <= places; place++) {
      const bytes = new Uint8Array(placeBytes);
      const length = readSync(handle, bytes, 0, placeBytes, Math.floor((last * place) / places));
      const start = bytes.indexOf(lineFeed) + 1;
      const end = bytes.subarray(0, length).lastIndexOf(lineFeed) + 1;
      if (end > start && start > 0) samples.push(bytes.subarray(start, end));
    }
    return Buffer.concat(samples);
  } finally {
    closeSync(handle);
  }
}
