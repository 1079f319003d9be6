import type { LineMatcher } from '../scanner/line-matcher.js';
import { wholeNumber } from '../scanner/numbers.js';
import { isList, itemsOf, timesOf } from './attempt-times.js';
import type { LogFields } from './fields.js';

/**
 * Whether a response came from the last attempt's backend. It did not when that attempt failed (502 and 504 without a
 * header from it, nothing when the client gave up) or when an error page replaced its answer. False where the format
 * has no `$upstream_status`.
 *
 * @param attempts how many `$upstream_addr` lists
 * @param status what the client got
 */
export function isServedFinal(
  { upstreamStatus, upstreamHeaderTime }: LogFields,
  buffer: Uint8Array,
  { starts, ends }: LineMatcher,
  attempts: number,
  status: number | undefined,
): boolean {
  if (upstreamStatus === undefined) return false;
  const last = lastStatus(buffer, starts[upstreamStatus] as number, ends[upstreamStatus] as number, attempts);
  if (last === undefined) return false;
  if (last === 502 || last === 504) {
    if (upstreamHeaderTime === undefined) return false;
    const headers = timesOf(buffer, starts[upstreamHeaderTime] as number, ends[upstreamHeaderTime] as number);
    if (headers.at(-1) === undefined) return false;
  }
  return last < 400 || status === undefined || status === last;
}

/** The last attempt's status, where there are as many as attempts. */
function lastStatus(buffer: Uint8Array, start: number, end: number, attempts: number): number | undefined {
  if (attempts === 1 && !isList(buffer, start, end)) return wholeNumber(buffer, start, end);
  const items = itemsOf(buffer, start, end);
  const text = items.length === attempts ? items.at(-1) : undefined;
  return text === undefined || !/^\d{3}$/.test(text) ? undefined : Number(text);
}
