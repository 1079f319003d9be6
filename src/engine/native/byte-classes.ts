/** Bit of a byte class in `byteClass`. */
const isToken = 1;
const isFieldValue = 2;

/**
 * RFC 9110's classes, one table look-up a byte: `token` (5.6.2) for field names, and what a field value or a
 * reason phrase may hold: tab, space, visible ASCII and the obsolete bytes above it (5.5).
 */
const byteClass = new Uint8Array(256);

for (let byte = 0; byte < 256; byte++) {
  if (byte === 9 || (byte >= 32 && byte !== 127)) byteClass[byte] = isFieldValue;
}
for (const char of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
  byteClass[char.charCodeAt(0)] = isToken | isFieldValue;
}

/** Position of the first byte of `buffer[start, end)` that no field value or reason phrase may hold; else `end`. */
export function fieldTextEnd(buffer: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && ((byteClass[buffer[at] as number] as number) & isFieldValue) !== 0) at++;
  return at;
}

/** Position of the first byte of `buffer[start, end)` that is not part of a token; `end` when all are. */
export function tokenEnd(buffer: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && ((byteClass[buffer[at] as number] as number) & isToken) !== 0) at++;
  return at;
}
