import { LbbenchError } from '../model/fault.js';
import { shown } from '../text/shown.js';

/** Collects a flag that may be given several times. */
export function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** @throws LbbenchError when the text is no whole number within the bounds */
export function wholeNumber(
  flag: string,
  text: string,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw LbbenchError.usage(flag, `expected a whole number ${range}, got ${shown(text)}`);
}

/** @throws LbbenchError when the text is no number above 0 within the bounds */
export function factor(flag: string, text: string, least: number, most: number): number {
  const value = /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw LbbenchError.usage(flag, `expected a number from ${least} to ${most}, got ${shown(text)}`);
}
