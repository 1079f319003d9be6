/** Bit of a byte class in `byteClass`. */
export const isToken = 1;
export const isFieldValue = 2;

/**
 * RFC 9110's classes, one table look-up a byte: `token` (5.6.2) for field names, and what a field value or a
 * reason phrase may hold: tab, space, visible ASCII and the obsolete bytes above it (5.5).
 */
export const byteClass = new Uint8Array(256);

for (let byte = 0; byte < 256; byte++) {
  if (byte === 9 || (byte >= 32 && byte !== 127)) byteClass[byte] = isFieldValue;
}
for (const char of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
  byteClass[char.charCodeAt(0)] = isToken | isFieldValue;
}
