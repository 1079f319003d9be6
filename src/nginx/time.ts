import type { Parsed } from '../model/parsed.js';
import { shown } from '../text/shown.js';

/** nginx's units from the largest down, in seconds; each may appear once, in this order. */
const units: readonly (readonly [unit: string, seconds: number])[] = [
  ['y', 365 * 86_400],
  ['M', 30 * 86_400],
  ['w', 7 * 86_400],
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
];

const grammar = new RegExp(`^${units.map(([unit]) => `(?:(\\d+)${unit} *)?`).join('')}(?:(\\d+) *)?$`);

/**
 * Reads an nginx time that counts whole seconds, such as `30s`, `1h30m`, `1h 30m` or `10` (seconds), as
 * `fail_timeout` does. Milliseconds are refused there by nginx too.
 */
export function parseSeconds(text: string): Parsed<number> {
  const match = /\d/.test(text) ? grammar.exec(text) : null;
  if (match === null) return failure(text);
  let seconds = Number(match[units.length + 1] ?? 0);
  for (const [index, [, scale]] of units.entries()) seconds += Number(match[index + 1] ?? 0) * scale;
  return Number.isSafeInteger(seconds) ? { ok: true, value: seconds } : failure(text);
}

function failure(text: string): Parsed<never> {
  return {
    ok: false,
    message: `expected a time in whole seconds such as 30s, 5m or 1h30m, got ${shown(text)}`,
  };
}
