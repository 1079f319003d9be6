import type { Parsed } from '../../model/parsed.js';
import { shown } from '../../text/shown.js';

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** The longest delay a Node timer can keep, 2^31 - 1 ms (24.8 days). */
const maxMs = 2 ** 31 - 1;

/**
 * Reads `20ms`, `1.5s`, `2m` or `1h` as milliseconds. The unit must be there: `30` means seconds to some and
 * milliseconds to others.
 */
export function parseDuration(text: string): Parsed<number> {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h)$/.exec(text);
  if (match === null) {
    const bare = /^\d+(\.\d+)?$/.test(text);
    return {
      ok: false,
      message: `expected a time such as 20ms, 30s, 2m or 1h, got ${shown(text)}`,
      hint: bare ? `write ${text}ms or ${text}s` : undefined,
    };
  }
  // Rounded to whole nanoseconds: 1.1 * 1000 is 1100.0000000000002.
  const ms = Math.round(Number(match[1]) * unitMs[match[2] as keyof typeof unitMs] * 1e6) / 1e6;
  return ms <= maxMs
    ? { ok: true, value: ms }
    : { ok: false, message: `expected a time of at most 596h, got ${shown(text)}` };
}

/** The same, above zero. */
export function parsePositiveDuration(text: string): Parsed<number> {
  const parsed = parseDuration(text);
  return parsed.ok && parsed.value === 0
    ? { ok: false, message: `expected a time above 0, got ${shown(text)}` }
    : parsed;
}
