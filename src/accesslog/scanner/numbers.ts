/** A whole number of at most 15 digits; `undefined` for anything else, `-` and an empty value among it. */
export function wholeNumber(buffer: Uint8Array, start: number, end: number): number | undefined {
  if (end <= start || end - start > 15) return undefined;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = (buffer[i] as number) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value;
}

/** Seconds with a fraction of up to six digits, as nginx writes times (`0.123`), in whole microseconds. */
export function microseconds(buffer: Uint8Array, start: number, end: number): number | undefined {
  if (end <= start || end - start > 20) return undefined;
  let value = 0;
  let decimals = -1;
  for (let i = start; i < end; i++) {
    const byte = buffer[i] as number;
    if (byte === 0x2e) {
      if (decimals >= 0) return undefined;
      decimals = 0;
      continue;
    }
    const digit = byte - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
    if (decimals >= 0) decimals++;
  }
  if (decimals > 6 || (end - start === 1 && decimals === 0)) return undefined;
  for (let i = Math.max(0, decimals); i < 6; i++) value *= 10;
  return value;
}
