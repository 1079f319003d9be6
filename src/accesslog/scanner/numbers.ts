import type { DurationField } from '../dialect/dialect.js';
import type { LineMatcher } from './line-matcher.js';

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

/** Whole milliseconds of at most 12 digits in microseconds; `undefined` for anything else, negative ones among it. */
function wholeMilliseconds(buffer: Uint8Array, start: number, end: number): number | undefined {
  const ms = end - start > 12 ? undefined : wholeNumber(buffer, start, end);
  return ms === undefined ? undefined : ms * 1000;
}

/** How long a line says that something took, in microseconds; `undefined` where it does not. */
export function durationUs(
  field: DurationField | undefined,
  buffer: Uint8Array,
  { starts, ends }: LineMatcher,
): number | undefined {
  if (field === undefined) return undefined;
  const { plus, minus } = field;
  if (field.unit === 'seconds' && plus.length === 1 && minus.length === 0) {
    const only = plus[0] as number;
    return microseconds(buffer, starts[only] as number, ends[only] as number);
  }
  const read = field.unit === 'seconds' ? microseconds : wholeMilliseconds;
  let sum = 0;
  for (let k = 0; k < plus.length; k++) {
    const i = plus[k] as number;
    const us = read(buffer, starts[i] as number, ends[i] as number);
    if (us === undefined) return undefined;
    sum += us;
  }
  for (let k = 0; k < minus.length; k++) {
    const i = minus[k] as number;
    const us = read(buffer, starts[i] as number, ends[i] as number);
    if (us === undefined) return undefined;
    sum -= us;
  }
  // Each of them is rounded by itself.
  return Math.max(sum, 0);
}
