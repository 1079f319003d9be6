import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { constants, createGunzip } from 'node:zlib';
import type { LogFile } from './log-file.js';

/** Opens what can be read only once: standard input (`-`), a pipe. */
export type OpenStream = (path: string) => Readable;

/**
 * The bytes of a file that can only be read from the start, decompressed where it is gzip. nginx's compressed logs
 * are several gzip members one after the other. One that is cut off gives what is there, one that is damaged the bytes
 * up to the damage: then `onDamage` is told.
 */
export async function* readStream(
  file: LogFile,
  open: OpenStream,
  onDamage: (reason: string) => void,
): AsyncGenerator<Uint8Array> {
  const source =
    file.kind === 'stream' ? open(file.path) : createReadStream(file.path, { highWaterMark: 256 * 1024 });
  const { first, rest } = await peek(source);
  if (first === undefined) return;
  if (first[0] !== 0x1f || first[1] !== 0x8b) {
    yield first;
    yield* rest;
    return;
  }
  // With this flush a member without its end is no error.
  const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH, chunkSize: 256 * 1024 });
  const writing = (async () => {
    await write(gunzip, first);
    for await (const chunk of rest) await write(gunzip, chunk);
    gunzip.end();
  })().catch((error: Error) => gunzip.destroy(error));
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
  } catch (error) {
    onDamage(error instanceof Error ? error.message : String(error));
  } finally {
    gunzip.destroy();
    source.destroy();
    await writing;
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

function write(gunzip: ReturnType<typeof createGunzip>, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (gunzip.destroyed || gunzip.write(chunk)) {
      resolve();
      return;
    }
    const done = () => {
      gunzip.off('drain', done);
      gunzip.off('close', done);
      resolve();
    };
    gunzip.once('drain', done);
    gunzip.once('close', done);
  });
}
