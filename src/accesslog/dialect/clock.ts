import { months } from '../../text/months.js';
import { microseconds } from '../scanner/numbers.js';

/** One way to write a moment. */
export interface Clock {
  /** Smallest difference between two moments. */
  readonly resolutionMs: number;
  /** Of one written as a date and a time of day: where that stands, as `21:10:11`, perhaps with a fraction behind it. */
  readonly timeOfDayAt?: number;
  /** Of one written as a number: the power of ten from its unit to microseconds. */
  readonly power?: number;
  /** `undefined` for what is no moment, dates that the calendar does not have among it. */
  read(buffer: Uint8Array, start: number, end: number): Moment | undefined;
}

export interface Moment {
  /** Milliseconds since 1970 in UTC. */
  readonly ms: number;
  /** Seconds east of UTC that it was written in. */
  readonly offsetSec: number;
}

const second = '(\\d\\d):(\\d\\d):(\\d\\d)';
const date = '(\\d\\d)\\/([A-Z][a-z]{2})\\/(\\d{4})';

/** Seconds since 1970 with a fraction. */
export const epoch: Clock = {
  resolutionMs: 1,
  power: 6,
  read(buffer, start, end) {
    const us = microseconds(buffer, start, end);
    return us === undefined ? undefined : { ms: us / 1000, offsetSec: 0 };
  },
};

/** Milliseconds since 1970. */
export const epochMs: Clock = {
  resolutionMs: 1,
  power: 3,
  read(buffer, start, end) {
    const us = microseconds(buffer, start, end, 3);
    return us === undefined ? undefined : { ms: us / 1000, offsetSec: 0 };
  },
};

/** `02/Mar/2025:21:10:11 +0800` */
export const commonLog = written(
  new RegExp(`^${date}:${second} ([+-])(\\d\\d)(\\d\\d)$`),
  1000,
  12,
  ([, day, month, year, hour, minute, sec, ...zone]) =>
    utc([year, monthOf(month), day, hour, minute, sec], zone),
);

/** `06/Feb/2009:12:14:14.655`, of a balancer that does not tell its zone: read as UTC. */
export const commonLogMs = written(
  new RegExp(`^${date}:${second}\\.(\\d{3})$`),
  1,
  12,
  ([, day, month, year, hour, minute, sec, ms]) =>
    utc([year, monthOf(month), day, hour, minute, sec, ms], []),
);

const isoPattern = new RegExp(
  `^(\\d{4})-(\\d\\d)-(\\d\\d)[T ]${second}(?:[.,](\\d{1,9}))?(?:([+-])(\\d\\d):?(\\d\\d)|Z)?$`,
);
const isoMoment = ([, year, month, day, hour, minute, sec, fraction = '0', ...zone]: readonly (
  | string
  | undefined
)[]) => {
  const ms = fraction.padEnd(3, '0').slice(0, 3);
  return utc([year, Number(month) - 1, day, hour, minute, sec, ms], zone);
};

/** `2025-03-02T21:10:11+08:00`, and what else ISO 8601 has; without a zone it is UTC. */
export const iso8601 = written(isoPattern, 1000, 11, isoMoment);

/** The same where it has fractions of a second. */
export const iso8601Exact = written(isoPattern, 1, 11, isoMoment);

function written(
  pattern: RegExp,
  resolutionMs: number,
  timeOfDayAt: number,
  momentOf: (match: readonly (string | undefined)[]) => Moment | undefined,
): Clock {
  return {
    resolutionMs,
    timeOfDayAt,
    read(buffer, start, end) {
      const text = Buffer.from(buffer.buffer, buffer.byteOffset + start, end - start).toString('latin1');
      const match = pattern.exec(text);
      return match === null ? undefined : momentOf(match);
    },
  };
}

/** January is 0; -1 for what is no month. */
function monthOf(name: string | undefined): number {
  return months.indexOf(name ?? '');
}

function utc(
  parts: readonly (string | number | undefined)[],
  [sign, zoneHour = '0', zoneMinute = '0']: readonly (string | undefined)[],
): Moment | undefined {
  const [year = 0, month = -1, day = 0, hour = 0, minute = 0, sec = 0, ms = 0] = parts.map(Number);
  if (month < 0 || month > 11 || day < 1 || day > daysIn(year, month)) return undefined;
  // A leap second is the 60th of its minute.
  if (hour > 23 || minute > 59 || sec > 60) return undefined;
  const [east, eastMinute] = [Number(zoneHour), Number(zoneMinute)];
  if (east > 23 || eastMinute > 59) return undefined;
  const offsetSec = (sign === '-' ? -1 : 1) * (east * 3600 + eastMinute * 60);
  return { ms: Date.UTC(year, month, day, hour, minute, sec, ms) - offsetSec * 1000, offsetSec };
}

/** `Date` would take the 30th of February for the first or second of March. */
function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
}
