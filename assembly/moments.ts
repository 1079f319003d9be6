import * as at from '../src/accesslog/scanner/layout';
import { decimal, strange } from './numbers';

const colon: u8 = 0x3a;
const secondUs: i64 = 1000000;
const msUs: i64 = 1000;

/** The moment that a line carries, in microseconds since 1970; negative where others must read it. */
export function momentOf(ledger: usize, starts: usize, ends: usize): i64 {
  const offset = (<usize>load<u32>(ledger, at.ledgerTime)) << 2;
  const from = <usize>load<u32>(starts + offset);
  const to = <usize>load<u32>(ends + offset);
  if (load<u32>(ledger, at.ledgerTimeKind) !== 1)
    return decimal(from, to, load<i32>(ledger, at.ledgerTimePower));
  if (<i32>(to - from) !== load<i32>(ledger, at.ledgerTextLength) || !isSameDay(ledger, from)) return strange;
  const clock = from + <usize>load<u32>(ledger, at.ledgerTimeOfDay);
  if (load<u64>(clock) !== load<u64>(ledger, at.ledgerClock)) {
    const clockUs = timeOfDayUs(clock);
    if (clockUs < 0) return strange;
    store<u64>(ledger, load<u64>(clock), at.ledgerClock);
    store<i64>(ledger, clockUs, at.ledgerClockUs);
  }
  const fractionUs = fractionAt(clock + 9, load<i32>(ledger, at.ledgerFraction));
  if (fractionUs < 0) return strange;
  return load<i64>(ledger, at.ledgerDayUs) + load<i64>(ledger, at.ledgerClockUs) + fractionUs;
}

/** Whether all but the time of day is as on the last line that others read: date, time zone, what is between them. */
function isSameDay(ledger: usize, from: usize): bool {
  const first = v128.xor(v128.load(from), v128.load(ledger, at.ledgerText));
  const second = v128.xor(v128.load(from, 16), v128.load(ledger, at.ledgerText + 16));
  return !v128.any_true(
    v128.or(
      v128.and(first, v128.load(ledger, at.ledgerTextMask)),
      v128.and(second, v128.load(ledger, at.ledgerTextMask + 16)),
    ),
  );
}

/** Of `21:10:11`; negative for what is none. A leap second is for others. */
function timeOfDayUs(clock: usize): i64 {
  if (load<u8>(clock, 2) !== colon || load<u8>(clock, 5) !== colon) return strange;
  const hour = twoDigits(clock);
  const minute = twoDigits(clock + 3);
  const second = twoDigits(clock + 6);
  if (hour > 23 || minute > 59 || second > 59) return strange;
  return (<i64>hour * 3600 + <i64>minute * 60 + <i64>second) * secondUs;
}

/** Of so many digits, the first three of which count. */
function fractionAt(from: usize, digits: i32): i64 {
  let ms: i64 = 0;
  for (let i = 0; i < digits; i++) {
    const digit = <u32>load<u8>(from + i) - 0x30;
    if (digit > 9) return strange;
    if (i < 3) ms = ms * 10 + digit;
  }
  for (let i = digits; i < 3; i++) ms *= 10;
  return ms * msUs;
}

/** Above 99 for what is none. */
function twoDigits(from: usize): u32 {
  const tens = <u32>load<u8>(from) - 0x30;
  const ones = <u32>load<u8>(from, 1) - 0x30;
  return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}

/** Keeps what a record's moment tells of the log, selected or not. */
export function see(ledger: usize, loggedMs: f64, endMs: f64): void {
  if (loggedMs < load<f64>(ledger, at.ledgerSinceMs)) store<u32>(ledger, 1, at.ledgerIsBefore);
  else if (loggedMs >= load<f64>(ledger, at.ledgerUntilMs)) store<u32>(ledger, 1, at.ledgerIsAfter);
  else {
    if (endMs < load<f64>(ledger, at.ledgerFirstEndMs)) store<f64>(ledger, endMs, at.ledgerFirstEndMs);
    if (endMs > load<f64>(ledger, at.ledgerLastEndMs)) store<f64>(ledger, endMs, at.ledgerLastEndMs);
  }
}

/** Has a slice for a moment; false when that takes longer slices, which is told. */
export function cover(ledger: usize, us: i64): bool {
  const slice = us / load<i64>(ledger, at.ledgerSliceUs);
  const first = load<i64>(ledger, at.ledgerFirstSlice);
  const end = load<i64>(ledger, at.ledgerEndSlice);
  if (slice >= first && slice < end) return true;
  const isEmpty = first === end;
  const newFirst = isEmpty ? slice : min(first, slice);
  const newEnd = isEmpty ? slice + 1 : max(end, slice + 1);
  if (newEnd - newFirst > at.maxSlices || us < 0) {
    store<u32>(ledger, 1, at.ledgerIsFull);
    return false;
  }
  store<i64>(ledger, newFirst, at.ledgerFirstSlice);
  store<i64>(ledger, newEnd, at.ledgerEndSlice);
  return true;
}

/** The place of a moment's slice. */
export function placeOf(ledger: usize, us: i64): usize {
  return <usize>(us / load<i64>(ledger, at.ledgerSliceUs)) & (at.maxSlices - 1);
}

/** Books time in flight, slice by slice. */
export function recordBusy(ledger: usize, entry: usize, startUs: i64, endUs: i64): void {
  const sliceUs = load<i64>(ledger, at.ledgerSliceUs);
  const last = endUs / sliceUs;
  let fromUs = startUs;
  for (let slice = startUs / sliceUs; slice <= last; slice++) {
    const toUs = slice === last ? endUs : (slice + 1) * sliceUs;
    const busy = entry + at.entryBusy + ((<usize>slice & (at.maxSlices - 1)) << 3);
    store<i64>(busy, load<i64>(busy) + toUs - fromUs);
    fromUs = toUs;
  }
}
