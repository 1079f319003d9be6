import { parseUpstreamList } from '../../nginx/upstream-variables.js';
import { type AttemptCells, unattributedCell } from '../../tally/attempt-cells.js';
import type { BackendCell } from '../../tally/backend-cell.js';
import type { Tally } from '../../tally/tally.js';
import type { DurationField, LogFields } from '../dialect/dialect.js';
import type { LineMatcher } from '../scanner/line-matcher.js';
import { durationUs, microseconds, wholeNumber } from '../scanner/numbers.js';
import type { LogBooks } from './log-books.js';
import type { InFlightBounds } from './window.js';

/** Books how long the attempts of a request took, and whether the last one's answer is what the client got. */
export class AttemptBooker {
  constructor(
    private readonly fields: LogFields,
    private readonly books: LogBooks,
    private readonly bounds: InFlightBounds,
  ) {}

  /**
   * Books the times of each attempt with its backend; in the main book also when it was.
   *
   * @param status what the client got; `undefined` where that is not known
   * @param endUs of the request, since 1970; `undefined` where that is not known
   */
  book(
    tally: Tally,
    buffer: Uint8Array,
    line: LineMatcher,
    { cells, served }: AttemptCells,
    status: number | undefined,
    requestUs: number | undefined,
    endUs: number | undefined,
  ): void {
    const { attemptTime, headerTime, connectTime } = this.fields;
    const servedCell = tally.cells[served] as BackendCell;
    const alike = status === undefined ? undefined : tally.alike(status);
    if (attemptTime === undefined && headerTime === undefined && connectTime === undefined) {
      // All that is known is the time of the whole request; with one attempt that is the attempt's.
      if (requestUs !== undefined && cells.length === 1 && served !== unattributedCell) {
        this.#inFlight(tally, served, requestUs, endUs);
        servedCell.clocks.service.record(requestUs);
        alike?.clocks.service.record(requestUs);
      }
      return;
    }
    const last = cells.length - 1;
    if (cells.length === 1 && served !== unattributedCell) {
      const serviceUs = durationUs(attemptTime, buffer, line);
      if (serviceUs !== undefined) {
        servedCell.clocks.service.record(serviceUs);
        alike?.clocks.service.record(serviceUs);
        this.#inFlight(tally, served, serviceUs, endUs);
      }
      const ttfbUs = durationUs(headerTime, buffer, line);
      if (ttfbUs !== undefined) {
        servedCell.clocks.ttfb.record(ttfbUs);
        alike?.clocks.ttfb.record(ttfbUs);
      }
      const connectUs = durationUs(connectTime, buffer, line);
      if (connectUs !== undefined) tally.clocks.connect.record(connectUs);
      return;
    }
    const services = timesOfAll(attemptTime, buffer, line, cells.length);
    const headers = timesOfAll(headerTime, buffer, line, cells.length);
    const connects = timesOfAll(connectTime, buffer, line, cells.length);
    // Attempts follow each other, and the last one ends with the request.
    let attemptEndUs = endUs;
    for (let i = last; i >= 0; i--) {
      const connectUs = connects?.[i];
      if (connectUs !== undefined) tally.clocks.connect.record(connectUs);
      const serviceUs = services?.[i];
      const cell = cells[i] as number;
      const serves = i === last && cell >= 0 && served !== unattributedCell;
      if (cell > unattributedCell && serviceUs !== undefined) {
        const { clocks } = tally.cells[cell] as BackendCell;
        (serves ? clocks.service : clocks.failedAttempt).record(serviceUs);
        if (serves) alike?.clocks.service.record(serviceUs);
        this.#inFlight(tally, cell, serviceUs, attemptEndUs);
      }
      const ttfbUs = serves ? headers?.[i] : undefined;
      if (ttfbUs !== undefined) {
        servedCell.clocks.ttfb.record(ttfbUs);
        alike?.clocks.ttfb.record(ttfbUs);
      }
      if (attemptEndUs !== undefined) attemptEndUs -= serviceUs ?? 0;
    }
  }

  /**
   * Whether a response came from the last attempt's backend. It did not when that attempt failed (502 and 504 without a
   * header from it, nothing when the client gave up) or when an error page replaced its answer. False where the format
   * has no status of attempts.
   *
   * @param attempts how many the line lists
   * @param status what the client got
   */
  isServedFinal(
    buffer: Uint8Array,
    { starts, ends }: LineMatcher,
    attempts: number,
    status: number | undefined,
  ): boolean {
    const { attemptStatus, headerTime } = this.fields;
    if (attemptStatus === undefined) return false;
    const last = lastStatus(buffer, starts[attemptStatus] as number, ends[attemptStatus] as number, attempts);
    if (last === undefined) return false;
    if (last === 502 || last === 504) {
      const header = headerTime?.plus[0];
      if (header === undefined) return false;
      const headers = timesOf(buffer, starts[header] as number, ends[header] as number);
      if (headers.at(-1) === undefined) return false;
    }
    return last < 400 || status === undefined || status === last;
  }

  #inFlight(tally: Tally, cell: number, us: number, endUs: number | undefined): void {
    const { counters } = tally.cells[cell] as BackendCell;
    if (endUs === undefined) {
      counters.busyUs += us;
      return;
    }
    const fromUs = this.bounds.startOf(endUs - us);
    const toUs = this.bounds.endOf(endUs);
    if (fromUs < toUs) counters.busyUs += toUs - fromUs;
    if (tally !== this.books.main) return;
    if (fromUs < toUs) tally.timeline.recordBusy(cell, fromUs, toUs);
    this.books.startedAt((endUs - us) / 1000);
  }
}

/** The last attempt's status, where there are as many as attempts. */
function lastStatus(buffer: Uint8Array, start: number, end: number, attempts: number): number | undefined {
  if (attempts === 1 && !isList(buffer, start, end)) return wholeNumber(buffer, start, end);
  const items = itemsOf(buffer, start, end);
  const text = items.length === attempts ? items.at(-1) : undefined;
  return text === undefined || !/^\d{3}$/.test(text) ? undefined : Number(text);
}

/** The attempts' times, where there are as many as attempts. */
function timesOfAll(
  field: DurationField | undefined,
  buffer: Uint8Array,
  { starts, ends }: LineMatcher,
  attempts: number,
): readonly (number | undefined)[] | undefined {
  const [variable] = field?.plus ?? [];
  if (variable === undefined || field?.unit !== 'seconds') return undefined;
  const times = timesOf(buffer, starts[variable] as number, ends[variable] as number);
  return times.length === attempts ? times : undefined;
}

const comma = 0x2c;
const colon = 0x3a;

/** Whether a value names more than one attempt. */
function isList(buffer: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = buffer[i];
    if (byte === comma || byte === colon) return true;
  }
  return false;
}

/** Every attempt's item of a value, in the order of the attempts; `undefined` for `-`. */
export function itemsOf(buffer: Uint8Array, start: number, end: number): (string | undefined)[] {
  return parseUpstreamList(Buffer.from(buffer.subarray(start, end)).toString('latin1')).flat();
}

/** Every attempt's time in microseconds. */
function timesOf(buffer: Uint8Array, start: number, end: number): (number | undefined)[] {
  return itemsOf(buffer, start, end).map((item) => {
    if (item === undefined) return undefined;
    const bytes = Buffer.from(item, 'latin1');
    return microseconds(bytes, 0, bytes.length);
  });
}

/** A time that may be a list of attempts' times, then the last one's. */
export function lastDurationUs(
  field: DurationField | undefined,
  buffer: Uint8Array,
  line: LineMatcher,
): number | undefined {
  const [variable] = field?.plus ?? [];
  if (variable === undefined) return undefined;
  const [start, end] = [line.starts[variable] as number, line.ends[variable] as number];
  return isList(buffer, start, end) ? timesOf(buffer, start, end).at(-1) : durationUs(field, buffer, line);
}
