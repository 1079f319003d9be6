/** Comparisons and conversions on bytes in place, for a parser that makes no strings on its usual path. */

export function startsWith(buffer: Uint8Array, start: number, prefix: Uint8Array): boolean {
  for (let i = 0; i < prefix.length; i++) if (buffer[start + i] !== prefix[i]) return false;
  return true;
}

/** Compares without regard to case; `lower` is in lower case. */
export function equalsIgnoringCase(buffer: Uint8Array, start: number, lower: Uint8Array): boolean {
  for (let i = 0; i < lower.length; i++) {
    const byte = buffer[start + i] as number;
    const folded = byte >= 65 && byte <= 90 ? byte + 32 : byte;
    if (folded !== lower[i]) return false;
  }
  return true;
}

/** Space or tab. */
export function isBlank(byte: number | undefined): boolean {
  return byte === 32 || byte === 9;
}

/** Value of a decimal digit, -1 for another byte. */
export function digit(byte: number | undefined): number {
  return byte !== undefined && byte >= 48 && byte <= 57 ? byte - 48 : -1;
}

/** Value of a hexadecimal digit, -1 for another byte. */
export function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 48 && byte <= 57) return byte - 48;
  const folded = byte | 32;
  return folded >= 97 && folded <= 102 ? folded - 87 : -1;
}

export function latin1(buffer: Uint8Array, start: number, end: number): string {
  return Buffer.from(buffer.buffer, buffer.byteOffset + start, end - start).toString('latin1');
}
