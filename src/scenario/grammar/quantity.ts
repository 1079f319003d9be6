import type { Parsed } from '../../model/parsed.js';
import { shown } from '../../text/shown.js';

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** The longest delay a Node timer can keep, 2^31 - 1 ms (24.8 days). */
const maxMs = 2 ** 31 - 1;

/**
 * Reads `20ms`, `1.5s`, `2m`, `1h` or `1m30s` as milliseconds. The unit must be there: `30` means seconds to some and
 * milliseconds to others.
 */
export function parseDuration(text: string): Parsed<number> {
  const ms = durationMs(text);
  if (ms === undefined) {
    const bare = /^\d+(\.\d+)?$/.test(text);
    return {
      ok: false,
      message: `expected a time such as 20ms, 30s, 2m or 1h, got ${shown(text)}`,
      hint: bare ? `write ${text}ms or ${text}s` : undefined,
    };
  }
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

/** Parts from the largest unit to the smallest, each unit once; only the last part may have a fraction. */
function durationMs(text: string): number | undefined {
  if (
    !/^(?=\d)(?:\d{1,12}h)?(?:\d{1,12}m(?!s))?(?:\d{1,12}s)?(?:\d{1,12}(?:\.\d{1,6})?(?:ms|s|m|h))?$/.test(
      text,
    )
  ) {
    return undefined;
  }
  let ms = 0;
  let last = Number.POSITIVE_INFINITY;
  for (const [, number, unit] of text.matchAll(/([\d.]+)(ms|s|m|h)/g)) {
    const size = unitMs[unit as keyof typeof unitMs];
    if (size >= last) return undefined;
    last = size;
    ms += Number(number) * size;
  }
  // Rounded to whole nanoseconds: 1.1 * 1000 is 1100.0000000000002.
  return Math.round(ms * 1e6) / 1e6;
}

const perSec = { '': 1, '/s': 1, '/m': 1 / 60 } as const;

/** Far above what one machine can start. */
export const maxRatePerSec = 10_000_000;

/** Reads `200/s`, `90/m` or `200` (per second) as requests per second. */
export function parseRate(text: string): Parsed<number> {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)(\/s|\/m|)$/.exec(text);
  const rate = match === null ? 0 : Number(match[1]) * perSec[match[2] as keyof typeof perSec];
  if (rate > 0 && rate <= maxRatePerSec) return { ok: true, value: rate };
  return {
    ok: false,
    message:
      rate > maxRatePerSec
        ? `expected a rate of at most ${maxRatePerSec}/s, got ${shown(text)}`
        : `expected a rate above 0 such as 200/s or 90/m, got ${shown(text)}`,
  };
}

const thousands = { '': 1, k: 1000, M: 1_000_000 } as const;

/** Reads `10k`, `1.5M` or `500` as a whole number. */
export function parseCount(text: string, minimum: number, maximum: number): Parsed<number> {
  const match = /^(\d{1,15}(?:\.\d{1,6})?)(k|M|)$/.exec(text);
  // Rounded where the multiplication is off, as in 1.001 * 1000; a part of one remains.
  const count =
    match === null
      ? Number.NaN
      : Math.round(Number(match[1]) * thousands[match[2] as keyof typeof thousands] * 1e6) / 1e6;
  if (Number.isSafeInteger(count) && count >= minimum && count <= maximum) return { ok: true, value: count };
  const bound = count > maximum ? `at most ${maximum}` : `at least ${minimum}`;
  return {
    ok: false,
    message: `expected an integer of ${bound}, got ${shown(text)}`,
    hint: /^[\d.]+K$/.test(text) ? 'write k for thousand' : undefined,
  };
}
