import { fstatSync, readSync } from 'node:fs';

/** Bytes before an offset that tell whether a file is still the one that was read up to there. */
const tailBytes = 64;

/** The last of `bytes`, which end at the offset, and of the tail known before them. */
export function tailOf(bytes: Uint8Array, before: Uint8Array = new Uint8Array()): Uint8Array {
  const joined = bytes.length >= tailBytes ? bytes : Buffer.concat([before, bytes]);
  return Uint8Array.from(joined.subarray(Math.max(0, joined.length - tailBytes)));
}

/** The bytes of an open file before an offset; fewer when it is shorter. */
export function readTail(handle: number, offset: number): Uint8Array {
  const bytes = new Uint8Array(Math.min(tailBytes, offset));
  return bytes.subarray(0, readSync(handle, bytes, 0, bytes.length, offset - bytes.length));
}

/** False when a file was emptied and perhaps written anew (logrotate's copytruncate) since `tail` was before an offset. */
export function isContinued(handle: number, offset: number, tail: Uint8Array): boolean {
  if (fstatSync(handle).size < offset) return false;
  const now = new Uint8Array(tail.length);
  const length = readSync(handle, now, 0, now.length, offset - now.length);
  return length === now.length && Buffer.compare(now, tail) === 0;
}
