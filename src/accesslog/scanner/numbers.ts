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

/** Powers of ten from a unit to microseconds. */
const powers = { seconds: 6, milliseconds: 3, microseconds: 0, nanoseconds: -3 } as const;
/** A double written to its last digit has some twenty characters. */
const maxCharacters = 26;

/**
 * A decimal number of a unit, in microseconds, as nginx writes times (`0.123`) and others more exactly; what is finer than a
 * microsecond is cut off. `undefined` for anything else, negative ones among it.
 *
 * @param power of ten from the unit to microseconds
 */
export function microseconds(
  buffer: Uint8Array,
  start: number,
  end: number,
  power: number = powers.seconds,
): number | undefined {
  if (end <= start || end - start > maxCharacters) return undefined;
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
    if (decimals >= 0 && decimals >= power) continue;
    value = value * 10 + digit;
    if (decimals >= 0) decimals++;
  }
  if (end - start === 1 && decimals === 0) return undefined;
  for (let i = Math.max(0, decimals); i < power; i++) value *= 10;
  for (let i = power; i < 0; i++) value /= 10;
  return value > Number.MAX_SAFE_INTEGER ? undefined : Math.floor(value);
}

/** How long a line says that something took, in microseconds; `undefined` where it does not. */
export function durationUs(
  field: DurationField | undefined,
  buffer: Uint8Array,
  { starts, ends }: LineMatcher,
): number | undefined {
  if (field === undefined) return undefined;
  const { plus, minus, unit } = field;
  const power = powers[unit];
  let sum = 0;
  for (let k = 0; k < plus.length; k++) {
    const i = plus[k] as number;
    const us = microseconds(buffer, starts[i] as number, ends[i] as number, power);
    if (us === undefined) return undefined;
    sum += us;
  }
  for (let k = 0; k < minus.length; k++) {
    const i = minus[k] as number;
    const us = microseconds(buffer, starts[i] as number, ends[i] as number, power);
    if (us === undefined) return undefined;
    sum -= us;
  }
  // Each of them is rounded by itself.
  return Math.max(sum, 0);
}
