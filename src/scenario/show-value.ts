import { shown } from '../text/shown.js';

/** A value as the `got …` of a fault: short, on one line, safe for a terminal. */
export function showValue(value: unknown): string {
  if (typeof value === 'string') return shown(value);
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a map';
  return String(value);
}
