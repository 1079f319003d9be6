import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { gunzip } from './gunzip.js';

/** Decompressed bytes that are enough to recognise a format from. */
const leastSampleBytes = 256 * 1024;

/** Opens standard input and pipes; what was looked at before is given again, because they can be read only once. */
export class Streams {
  readonly #peeked = new Map<string, Readable>();

  constructor(private readonly stdin: () => Readable = () => process.stdin) {}

  open(path: string): Readable {
    const peeked = this.#peeked.get(path);
    if (peeked !== undefined) return peeked;
    return path === '-' ? this.stdin() : createReadStream(path);
  }

  /** The first bytes of a stream, decompressed; empty when it has none. Waits until there are some. */
  async peek(path: string): Promise<Uint8Array> {
    const source = this.open(path);
    const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    const first: Buffer[] = [];
    // A line feed makes a sample; compressed bytes need some more.
    while (first.length < 64) {
      const { done, value } = await chunks.next();
      if (done === true) break;
      first.push(value);
      if (value.length > 4096 || value.includes(0x0a)) break;
    }
    this.#peeked.set(path, Readable.from(replay(first, chunks), { objectMode: false }));
    const sample = Buffer.concat(first);
    return sample[0] === 0x1f && sample[1] === 0x8b ? decompressed(sample) : sample;
  }
}

async function* replay(first: readonly Buffer[], rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield* first;
  yield* { [Symbol.asyncIterator]: () => rest };
}

/** The first bytes that the start of a gzip file holds. */
export async function decompressed(start: Uint8Array): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of gunzip(Readable.from([start]), () => {})) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= leastSampleBytes) break;
  }
  return Buffer.concat(chunks);
}
