import { constants, createReadStream, openSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { isHandedOver } from '../../files/read-whole.js';
import { gunzip } from './gunzip.js';
import { firstLines, LineSample } from './line-sample.js';

/** Looked at of a stream at most; all of it is kept until it is read again. */
const maxPeekedBytes = 32 * 1024 * 1024;
const leastCompressedBytes = 4096;

/** Opens standard input and pipes; what was looked at before is given again, because they can be read only once. */
export class Streams {
  readonly #peeked = new Map<string, Readable>();

  constructor(private readonly stdin: () => Readable = () => process.stdin) {}

  open(path: string): Readable {
    const peeked = this.#peeked.get(path);
    if (peeked !== undefined) return peeked;
    return path === '-' ? this.stdin() : openStream(path);
  }

  /** The first lines of a stream, decompressed; empty when it has none. Waits until there is one. */
  async peek(path: string): Promise<Uint8Array> {
    const source = this.open(path);
    const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    const first: Buffer[] = [];
    const sample = new LineSample();
    for (let length = 0; length < maxPeekedBytes && !sample.hasLine; ) {
      const { done, value } = await chunks.next();
      if (done === true) break;
      first.push(value);
      length += value.length;
      sample.push(value);
      // A start is enough of what is compressed.
      if (length > leastCompressedBytes && isGzip(first)) break;
    }
    this.#peeked.set(path, Readable.from(replay(first, chunks), { objectMode: false }));
    return isGzip(first) ? firstLines(gunzip(Readable.from(first), () => {})) : sample.take();
  }
}

/**
 * A named pipe is opened without waiting for whoever writes to it, and read without a thread that would: that could not be
 * stopped, not even by the end of the process.
 */
function openStream(path: string): Readable {
  if (!statSync(path).isFIFO() || isHandedOver(path)) return createReadStream(path);
  return new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), writable: false });
}

function isGzip(first: readonly Buffer[]): boolean {
  const start = Buffer.concat(first.slice(0, 2));
  return start[0] === 0x1f && start[1] === 0x8b;
}

async function* replay(first: readonly Buffer[], rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield* first;
  yield* { [Symbol.asyncIterator]: () => rest };
}
