import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { gunzip } from './gunzip.js';
import type { LogFile } from './log-file.js';

/** Read at a time; compressed, it may be a thousand times as much. */
const chunkBytes = 64 * 1024;

/** Opens what can be read only once: standard input (`-`), a pipe. */
export type OpenStream = (path: string) => Readable;

/**
 * The bytes of a file that can only be read from the start, decompressed where it is gzip. One that is cut off or
 * damaged gives the bytes up to there: then `onDamage` is told.
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
    yield* joined(first, rest);
    return;
  }
  yield* gunzip(joined(first, rest), onDamage);
}

async function* joined(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    yield* rest;
  } finally {
    // Whoever stops early, at damage, must not leave the source open.
    await rest[Symbol.asyncIterator]().return?.();
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
