import { months } from '../../text/months.js';
import { microseconds } from './numbers.js';

/** Variables that tell when a request was logged, the most exact first. */
export const timeVariables = ['msec', 'time_iso8601', 'time_local'] as const;

export type TimeVariable = (typeof timeVariables)[number];

/**
 * Reads the times of lines. Lines of one second share its text, so the last one is remembered by its bytes. Users that
 * keep something for each time compare `version`: passing the number itself around would allocate it every time.
 */
export class TimeReader {
  /** Milliseconds since 1970 in UTC of the last time read. */
  ms = 0;
  /** Seconds east of UTC that the last time was written in. */
  offsetSec = 0;
  /** Changes whenever `ms` may have. */
  version = 0;
  readonly #variable: TimeVariable;
  readonly #last = new Uint8Array(26);
  #lastLength = -1;
  #isTime = false;
  #lastVersion = -1;

  constructor(variable: TimeVariable) {
    this.#variable = variable;
  }

  /** Smallest difference between two times. */
  get resolutionMs(): number {
    return this.#variable === 'msec' ? 1 : 1000;
  }

  /**
   * False for what is no time.
   *
   * @param version of the bytes, -1 where not known: the same one again means the same bytes
   */
  read(buffer: Uint8Array, start: number, end: number, version = -1): boolean {
    if (version >= 0 && version === this.#lastVersion) return this.#isTime;
    this.#lastVersion = version;
    const length = end - start;
    if (length === this.#lastLength) {
      const last = this.#last;
      let i = length - 1;
      while (i >= 0 && buffer[start + i] === last[i]) i--;
      if (i < 0) return this.#isTime;
    }
    if (length > this.#last.length) return false;
    this.#last.set(buffer.subarray(start, end));
    this.#lastLength = length;
    const ms = this.#parse(buffer, start, end);
    this.#isTime = ms !== undefined;
    this.version++;
    if (ms !== undefined) this.ms = ms;
    return this.#isTime;
  }

  #parse(buffer: Uint8Array, start: number, end: number): number | undefined {
    if (this.#variable === 'msec') {
      const us = microseconds(buffer, start, end);
      return us === undefined ? undefined : us / 1000;
    }
    const text = Buffer.from(buffer.buffer, buffer.byteOffset + start, end - start).toString('latin1');
    return this.#variable === 'time_local' ? this.#local(text) : this.#iso(text);
  }

  #local(text: string): number | undefined {
    const match = /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/.exec(text);
    if (match === null) return undefined;
    const [, day, name = '', year, hour, minute, second, sign, zoneHour, zoneMinute] = match;
    const month = months.indexOf(name);
    if (month < 0) return undefined;
    return this.#utc([year, month, day, hour, minute, second].map(Number), sign, zoneHour, zoneMinute);
  }

  #iso(text: string): number | undefined {
    const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:([+-])(\d\d):(\d\d)|Z)$/.exec(text);
    if (match === null) return undefined;
    const [, year, month, day, hour, minute, second, sign, zoneHour, zoneMinute] = match;
    const parts = [year, Number(month) - 1, day, hour, minute, second].map(Number);
    return this.#utc(parts, sign, zoneHour, zoneMinute);
  }

  #utc(
    [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0]: readonly number[],
    sign: string | undefined,
    zoneHour: string | undefined,
    zoneMinute: string | undefined,
  ): number {
    this.offsetSec = (sign === '-' ? -1 : 1) * (Number(zoneHour ?? 0) * 3600 + Number(zoneMinute ?? 0) * 60);
    return Date.UTC(year, month, day, hour, minute, second) - this.offsetSec * 1000;
  }
}
