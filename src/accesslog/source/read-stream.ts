import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { LogFile } from './log-file.js';

/** Read at a time; compressed, it may be a thousand times as much. */
const chunkBytes = 64 * 1024;

/** Opens what can be read only once: standard input (`-`), a pipe. */
export type OpenStream = (path: string) => Readable;

/**
 * The bytes of a file that can only be read from the start, decompressed where it is gzip. nginx's compressed logs
 * are several gzip members one after the other. One that is cut off or damaged gives the bytes up
 * to there: then `onDamage` is told.
 */
export async function* readStream(
  file: LogFile,
  open: OpenStream,
  onDamage: (reason: string) => void,
): AsyncGenerator<Uint8Array> {
  const source =
    file.kind === 'stream' ? open(file.path) : createReadStream(file.path, { highWaterMark: chunkBytes });
  const { first, rest } = await peek(source);
  if (first === undefined) return;
  if (first[0] !== 0x1f || first[1] !== 0x8b) {
    yield first;
    yield* rest;
    return;
  }
  yield* decompress(first, rest, onDamage);
}

async function* decompress(
  first: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
  onDamage: (reason: string) => void,
): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: chunkBytes });
  // Not as an async iterable: that forgets what it holds when an error comes.
  let ready: Uint8Array[] = [];
  let damage: Error | undefined;
  gunzip.on('data', (chunk: Uint8Array) => ready.push(chunk));
  gunzip.on('error', (error) => {
    damage = error;
  });
  const take = () => {
    const taken = ready;
    ready = [];
    return taken;
  };
  const settled = (start: (done: () => void) => void) =>
    new Promise<void>((resolve) => {
      const done = () => {
        gunzip.off('error', done).off('end', done);
        resolve();
      };
      gunzip.once('error', done).once('end', done);
      start(done);
    });
  try {
    await settled((done) => gunzip.write(first, done));
    yield* take();
    for await (const chunk of rest) {
      if (damage !== undefined) break;
      await settled((done) => gunzip.write(chunk, done));
      yield* take();
    }
    if (damage === undefined) await settled(() => gunzip.end());
    yield* take();
    if (damage !== undefined) onDamage(damage.message);
  } finally {
    gunzip.destroy();
  }
}

/** The first two bytes at least, where there are as many, and what follows them. */
async function peek(source: Readable): Promise<{ first: Buffer | undefined; rest: AsyncIterable<Buffer> }> {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let first: Buffer | undefined;
  while (first === undefined || first.length < 2) {
    const { done, value } = await chunks.next();
    if (done) break;
    first = first === undefined ? value : Buffer.concat([first, value]);
  }
  return { first, rest: { [Symbol.asyncIterator]: () => chunks } };
}
