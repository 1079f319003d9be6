import { unattributedCell } from '../../tally/tally.js';
import type { LineMatcher } from '../scanner/line-matcher.js';
import { microseconds } from '../scanner/numbers.js';
import type { TimeReader } from '../scanner/time-reader.js';
import type { AbsoluteTimeline } from './absolute-timeline.js';
import { timesOf } from './attempt-times.js';
import type { Book } from './book.js';
import type { LogFields } from './fields.js';
import type { TimeSpan } from './time-span.js';

/** Books how long the attempts of a request took. The main book has a timeline too. */
export class AttemptBooker {
  constructor(
    private readonly fields: LogFields,
    private readonly time: TimeReader | undefined,
    private readonly main: Book,
    private readonly timeline: AbsoluteTimeline,
    private readonly span: TimeSpan,
  ) {}

  /** Books the times of each attempt with its backend. */
  book(
    book: Book,
    buffer: Uint8Array,
    line: LineMatcher,
    cells: Int32Array,
    servedCell: number,
    requestUs: number | undefined,
  ): void {
    const endUs = this.time === undefined ? undefined : Math.round(this.time.ms * 1000);
    const { upstreamResponseTime, upstreamHeaderTime, upstreamConnectTime } = this.fields;
    if (
      upstreamResponseTime === undefined &&
      upstreamHeaderTime === undefined &&
      upstreamConnectTime === undefined
    ) {
      // All that is known is the time of the whole request; with one attempt that is the attempt's.
      if (requestUs !== undefined && cells.length === 1 && servedCell !== unattributedCell) {
        this.#inFlight(book, servedCell, requestUs, endUs);
        book.cell(servedCell).clocks.service.record(requestUs);
      }
      return;
    }
    const last = cells.length - 1;
    if (cells.length === 1 && servedCell !== unattributedCell) {
      const serviceUs = this.#single(buffer, line, upstreamResponseTime);
      if (serviceUs !== undefined) {
        book.cell(servedCell).clocks.service.record(serviceUs);
        this.#inFlight(book, servedCell, serviceUs, endUs);
      }
      const ttfbUs = this.#single(buffer, line, upstreamHeaderTime);
      if (ttfbUs !== undefined) book.cell(servedCell).clocks.ttfb.record(ttfbUs);
      const connectUs = this.#single(buffer, line, upstreamConnectTime);
      if (connectUs !== undefined) book.tally.clocks.connect.record(connectUs);
      return;
    }
    const services = this.#all(buffer, line, upstreamResponseTime, cells.length);
    const headers = this.#all(buffer, line, upstreamHeaderTime, cells.length);
    const connects = this.#all(buffer, line, upstreamConnectTime, cells.length);
    // Attempts follow each other, and the last one ends with the request.
    let attemptEndUs = endUs;
    for (let i = last; i >= 0; i--) {
      const connectUs = connects?.[i];
      if (connectUs !== undefined) book.tally.clocks.connect.record(connectUs);
      const serviceUs = services?.[i];
      const main = cells[i] as number;
      const cell = main < 0 ? -1 : book.cellIn(this.main, main);
      const serves = i === last && cell >= 0 && servedCell !== unattributedCell;
      if (cell > unattributedCell && serviceUs !== undefined) {
        if (serves) book.cell(cell).clocks.service.record(serviceUs);
        else book.retryTimes[cell]?.record(serviceUs);
        this.#inFlight(book, cell, serviceUs, attemptEndUs);
      }
      if (serves && headers?.[i] !== undefined) book.cell(cell).clocks.ttfb.record(headers[i] as number);
      if (attemptEndUs !== undefined) attemptEndUs -= serviceUs ?? 0;
    }
  }

  #inFlight(book: Book, cell: number, us: number, endUs: number | undefined): void {
    book.cell(cell).counters.busyUs += us;
    if (book !== this.main || endUs === undefined) return;
    this.timeline.recordBusy(cell, endUs - us, endUs);
    this.span.startedAt((endUs - us) / 1000);
  }

  #single(buffer: Uint8Array, line: LineMatcher, field: number | undefined): number | undefined {
    if (field === undefined) return undefined;
    return microseconds(buffer, line.starts[field] as number, line.ends[field] as number);
  }

  /** The attempts' times, where there are as many as attempts. */
  #all(
    buffer: Uint8Array,
    line: LineMatcher,
    field: number | undefined,
    count: number,
  ): readonly (number | undefined)[] | undefined {
    if (field === undefined) return undefined;
    const times = timesOf(buffer, line.starts[field] as number, line.ends[field] as number);
    return times.length === count ? times : undefined;
  }
}
