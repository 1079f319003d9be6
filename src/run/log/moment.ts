import type { Parsed } from '../../model/parsed.js';
import { parseSeconds } from '../../nginx/time.js';
import { months } from '../../text/months.js';
import { shown } from '../../text/shown.js';

const iso =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d\d:?\d\d)?$/i;
const local = /^\[?(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d)(?: ([+-]\d\d:?\d\d))?\]?$/;
const lastDay = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Reads a moment as `--since` and `--until` take it: ISO 8601 (`2026-11-22`, `2026-11-22T10:04`, `…:05.5+01:00`), nginx's
 * `$time_local` (`22/Nov/2026:10:04:04 +0000`), or how long ago (`2h`, `30m`, `1d12h`). Without a zone it is UTC.
 *
 * @param nowMs milliseconds since 1970 that `2h` counts back from
 * @returns milliseconds since 1970
 */
export function parseMoment(text: string, nowMs: number): Parsed<number> {
  const trimmed = text.trim();
  const ago = /[a-z]$/i.test(trimmed) ? parseSeconds(trimmed) : undefined;
  if (ago?.ok) return { ok: true, value: nowMs - ago.value * 1000 };
  const ms = isoMs(trimmed) ?? localMs(trimmed);
  if (ms !== undefined) return { ok: true, value: ms };
  return {
    ok: false,
    message: `expected a moment such as 2026-11-22T10:04:05Z, 22/Nov/2026:10:04:05 +0000 or 2h (ago), got ${shown(text)}`,
    hint: 'without a time zone it is UTC',
  };
}

function isoMs(text: string): number | undefined {
  const match = iso.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '0', zone = 'Z'] = match;
  const ms = Number(fraction.padEnd(3, '0').slice(0, 3));
  return utc([year, Number(month) - 1, day, hour, minute, second].map(Number), ms, zone);
}

function localMs(text: string): number | undefined {
  const match = local.exec(text);
  if (match === null) return undefined;
  const [, day, name = '', year, hour, minute, second, zone = 'Z'] = match;
  return utc([year, months.indexOf(name), day, hour, minute, second].map(Number), 0, zone);
}

function utc(parts: readonly number[], ms: number, zone: string): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  const isTime = hour < 24 && minute < 60 && second < 61;
  if (!isTime || day < 1 || day > (lastDay[month] ?? 0)) return undefined;
  const offset = /^([+-])(\d\d):?(\d\d)$/.exec(zone);
  const offsetMs =
    offset === null
      ? 0
      : (offset[1] === '-' ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3])) * 60_000;
  return Date.UTC(year, month, day, hour, minute, second, ms) - offsetMs;
}
