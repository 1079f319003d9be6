import * as at from '../src/accesslog/scanner/layout';
import { entryOf } from './entries';
import { match } from './match';
import { cover, momentOf, placeOf, recordBusy, see } from './moments';
import { durationUs, isNothing, none, statusAt, strange, wholeNumber } from './numbers';

/** Switching Protocols: others know what that means for times. */
const upgraded: i32 = 101;
const badGateway: i32 = 502;
const gatewayTimeout: i32 = 504;

/**
 * Books the lines from `start` to `end` in a ledger, up to the first one that others must read: one that the program does not
 * fit, or that says something not seen before. Gives back where that one starts, or `end`.
 */
export function book(ledger: usize, program: usize, start: usize, end: usize): usize {
  store<u32>(ledger, 0, at.ledgerRecords);
  store<u32>(ledger, 0, at.ledgerSelected);
  store<u32>(ledger, 0, at.ledgerIsFull);
  const starts = <usize>load<u32>(program, at.programStarts);
  const ends = <usize>load<u32>(program, at.programEnds);
  let line = start;
  while (line < end) {
    const next = match(program, line);
    if (next === 0 || !bookLine(ledger, starts, ends)) break;
    line = next;
  }
  return line;
}

/** All that may leave a line to others comes first, so that nothing of it is booked then. */
function bookLine(ledger: usize, starts: usize, ends: usize): bool {
  let status: i32 = at.noStatus;
  const statusVariable = load<i32>(ledger, at.ledgerStatus);
  if (statusVariable >= 0) {
    status = statusAt(starts, ends, statusVariable);
    if (status < 0) return false;
  }
  const requestUs = durationUs(ledger + at.ledgerRequestTime, starts, ends);
  if (requestUs === strange) return false;
  const isTimed = load<i32>(ledger, at.ledgerTimeKind) !== 0;
  let endUs: i64 = 0;
  let loggedMs: f64 = 0;
  let endMs: f64 = 0;
  if (isTimed) {
    endUs = momentOf(ledger, starts, ends);
    if (endUs < 0) return false;
    loggedMs = <f64>endUs / 1000;
    endMs = loggedMs;
    if (load<u32>(ledger, at.ledgerIsStart) !== 0 && requestUs > 0) {
      endUs += requestUs;
      endMs += <f64>requestUs / 1000;
    }
  }
  const entry = entryOf(ledger, starts, ends);
  if (entry === 0) return false;
  const kind = load<i32>(entry, at.entryKind);
  const isSelected =
    kind !== at.kindElsewhere &&
    loggedMs >= load<f64>(ledger, at.ledgerSinceMs) &&
    loggedMs < load<f64>(ledger, at.ledgerUntilMs);
  const isServed = isSelected && kind === at.kindServed;
  const alike = <usize>load<u32>(<usize>load<u32>(ledger, at.ledgerStatuses) + ((<usize>status) << 2));
  if (isSelected && (alike === 0 || status === upgraded)) return false;
  let serviceUs = isServed ? requestUs : none;
  let headerUs = none;
  let connectUs = none;
  let isFinal = false;
  let fromUs: i64 = 0;
  let toUs: i64 = 0;
  if (isServed) {
    if (load<u32>(ledger, at.ledgerTellsAttempts) !== 0) {
      serviceUs = durationUs(ledger + at.ledgerAttemptTime, starts, ends);
      headerUs = durationUs(ledger + at.ledgerHeaderTime, starts, ends);
      connectUs = durationUs(ledger + at.ledgerConnectTime, starts, ends);
      if (serviceUs === strange || headerUs === strange || connectUs === strange) return false;
    }
    const attemptStatus = load<i32>(ledger, at.ledgerAttemptStatus);
    if (attemptStatus >= 0) {
      const last = statusAt(starts, ends, attemptStatus);
      if (last < 0 && !isNothing(starts, ends, attemptStatus)) return false;
      isFinal =
        last >= 0 &&
        ((last !== badGateway && last !== gatewayTimeout) || headerUs !== none) &&
        (last < 400 || statusVariable < 0 || last === status);
    }
  }
  if (isSelected && isTimed) {
    if (!cover(ledger, endUs)) return false;
    if (serviceUs >= 0) {
      fromUs = max(endUs - serviceUs, load<i64>(ledger, at.ledgerFromUs));
      toUs = min(endUs, load<i64>(ledger, at.ledgerToUs));
      if (fromUs < toUs && !cover(ledger, fromUs)) return false;
    }
  }

  add32(ledger + at.ledgerRecords);
  if (isTimed) see(ledger, loggedMs, endMs);
  if (!isSelected) return true;
  add32(ledger + at.ledgerSelected);
  addTo(ledger + at.ledgerBodySum, wholeNumber(starts, ends, load<i32>(ledger, at.ledgerBodyBytes)));
  addTo(ledger + at.ledgerSentSum, wholeNumber(starts, ends, load<i32>(ledger, at.ledgerSentBytes)));
  add32(entry + at.entryStatus + ((<usize>status) << 2));
  if (isFinal) add32(entry + at.entryServedFinal);
  if (isTimed) {
    add32(entry + at.entryCounts + (placeOf(ledger, endUs) << 2));
    if (endUs < load<i64>(entry, at.entryFirstUs)) store<i64>(entry, endUs, at.entryFirstUs);
    if (endUs > load<i64>(entry, at.entryLastUs)) store<i64>(entry, endUs, at.entryLastUs);
    const longestUs = max(requestUs, serviceUs);
    if (longestUs >= 0 && endUs - longestUs < load<i64>(ledger, at.ledgerFirstStartUs))
      store<i64>(ledger, endUs - longestUs, at.ledgerFirstStartUs);
  }
  if (requestUs >= 0) record(<usize>load<u32>(alike, at.slotResponse), requestUs);
  if (serviceUs >= 0) {
    record(<usize>load<u32>(entry, at.entryService), serviceUs);
    record(<usize>load<u32>(alike, at.slotService), serviceUs);
    if (!isTimed) addTo(entry + at.entryBusyUs, serviceUs);
    else if (fromUs < toUs) {
      addTo(entry + at.entryBusyUs, toUs - fromUs);
      recordBusy(ledger, entry, fromUs, toUs);
    }
  }
  if (headerUs >= 0) {
    record(<usize>load<u32>(entry, at.entryTtfb), headerUs);
    record(<usize>load<u32>(alike, at.slotTtfb), headerUs);
  }
  if (connectUs >= 0) record(<usize>load<u32>(ledger, at.ledgerConnect), connectUs);
  return true;
}

/** Books a duration in a histogram; 0 stands for none. */
function record(histogram: usize, us: i64): void {
  if (histogram === 0) return;
  addTo(histogram + at.histogramSum, us);
  const square = us * us;
  addTo(histogram + at.histogramSquaresHigh, square >> 32);
  addTo(histogram + at.histogramSquaresLow, square & 0xffffffff);
  const value = <u32>us;
  if (value < load<u32>(histogram, at.histogramMin)) store<u32>(histogram, value, at.histogramMin);
  if (value > load<u32>(histogram, at.histogramMax)) store<u32>(histogram, value, at.histogramMax);
  // Values below 2048 have a bucket each; from there on 1024 buckets halve what is between two powers of two.
  const shift: u32 = value < 2048 ? 0 : 21 - <u32>clz(value);
  add32(histogram + at.histogramBuckets + ((<usize>((shift << 10) + (value >> shift))) << 2));
}

function add32(address: usize): void {
  store<u32>(address, load<u32>(address) + 1);
}

function addTo(address: usize, value: i64): void {
  store<i64>(address, load<i64>(address) + value);
}
