import { fieldTextEnd, tokenEnd } from './byte-classes.js';
import { hexDigit } from './bytes.js';

const colon = 58;
const semicolon = 59;

/**
 * The size that `buffer[start, end)` says: hexadecimal, and perhaps extensions, which mean nothing here. A text says what
 * is wrong with it.
 */
export function readChunkSize(buffer: Uint8Array, start: number, end: number): number | string {
  let size = 0;
  let at = start;
  for (; at < end; at++) {
    const value = hexDigit(buffer[at]);
    if (value < 0) break;
    size = size * 16 + value;
    if (size > Number.MAX_SAFE_INTEGER) return 'chunk size too large';
  }
  if (at === start || (at < end && buffer[at] !== semicolon)) return 'malformed chunk size';
  if (fieldTextEnd(buffer, at, end) < end) return 'control character in a chunk extension';
  return size;
}

/** What is wrong with a field behind the last chunk; `undefined` when nothing is. */
export function trailerProblem(buffer: Uint8Array, start: number, end: number): string | undefined {
  const nameEnd = tokenEnd(buffer, start, end);
  if (nameEnd === start || nameEnd === end || buffer[nameEnd] !== colon) return 'malformed trailer field';
  return fieldTextEnd(buffer, nameEnd, end) === end ? undefined : 'control character in a trailer field';
}
