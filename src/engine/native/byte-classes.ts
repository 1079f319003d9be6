/** Bit of a byte class in `byteClass`. */
const isToken = 1;
const isFieldValue = 2;

const tab = 9;

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

/**
 * `fieldTextEnd` four bytes at a time. A byte below a space or equal to DEL leaves its highest bit set in the test of a
 * word, and the lowest bit set belongs to the first of them (Mycroft 1987); a tab, which a value may hold, is passed.
 */
export function fieldTextEndByWords(view: DataView, start: number, end: number): number {
  let at = start;
  while (at + 4 <= end) {
    const word = view.getInt32(at, true);
    const rest = word ^ 0x7f7f7f7f;
    const found = (((word - 0x20202020) & ~word) | ((rest - 0x01010101) & ~rest)) & 0x80808080;
    if (found === 0) {
      at += 4;
      continue;
    }
    at += (31 - Math.clz32(found & -found)) >> 3;
    if (view.getUint8(at) !== tab) return at;
    at++;
  }
  while (at < end && ((byteClass[view.getUint8(at)] as number) & isFieldValue) !== 0) at++;
  return at;
}

/** Position of the first byte of `buffer[start, end)` that is not part of a token; `end` when all are. */
export function tokenEnd(buffer: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && ((byteClass[buffer[at] as number] as number) & isToken) !== 0) at++;
  return at;
}
