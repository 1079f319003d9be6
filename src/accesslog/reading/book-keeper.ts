import { type AttemptCells, unattributedCell } from '../../tally/attempt-cells.js';
import type { BackendCell } from '../../tally/backend-cell.js';
import type { Tally } from '../../tally/tally.js';
import { carriesTimes, type LogFields } from '../dialect/dialect.js';
import type { LineMatcher } from '../scanner/line-matcher.js';
import { durationUs, wholeNumber } from '../scanner/numbers.js';
import type { TimeReader } from '../scanner/time-reader.js';
import { AttemptBooker, lastDurationUs } from './attempt-booker.js';
import type { LineValues, RecordSink } from './format-lane.js';
import { ToldAttempts } from './known-attempts.js';
import type { LogBooks } from './log-books.js';
import type { KeyOfLine } from './splitter.js';
import type { InFlightBounds } from './window.js';

/** A group's cells of attempts are remembered for so many values; they are few. */
const maxKnownCells = 4096;
/** Switching Protocols: from there on a connection is no request, and may last for days. */
const upgradedStatus = 101;

/** Keeps the books: what each record says goes into the main one, and into that of the line's group. */
export class BookKeeper implements RecordSink {
  readonly #fields: LogFields;
  readonly #time: TimeReader | undefined;
  /** A record says no more than its attempts and status, so that those of one moment are counted together. */
  readonly #isPlain: boolean;
  readonly #attempts: AttemptBooker;
  readonly #pending: ToldAttempts[] = [];
  /** Of records pending: body bytes, bytes sent. */
  readonly #bytes = new Float64Array(2);
  /** Of formats that do not tell the backend. */
  readonly #unknown = new ToldAttempts({ kind: 'unclear', backends: [], pool: undefined });
  /** Weak, for tables may be given to other values. */
  readonly #cellsOf = new WeakMap<Tally, Map<ToldAttempts, AttemptCells>>();
  /** Of the moment at which the pending records are. */
  #timeVersion = -1;
  #momentUs: number | undefined;

  /** @param keyOf names the group of a line; `undefined` without groups */
  constructor(
    readonly books: LogBooks,
    { fields, time }: LineValues,
    private readonly keyOf: KeyOfLine | undefined,
    private readonly bounds: InFlightBounds,
  ) {
    this.#fields = fields;
    this.#time = time;
    this.#isPlain = !carriesTimes(fields) && fields.attemptStatus === undefined && keyOf === undefined;
    this.#attempts = new AttemptBooker(fields, books, bounds);
  }

  take(
    buffer: Uint8Array,
    line: LineMatcher,
    status: number | undefined,
    attempts: ToldAttempts | undefined,
  ): void {
    const time = this.#time;
    if (time !== undefined && time.version !== this.#timeVersion) this.#moveTo(time);
    const told = attempts ?? this.#unknown;
    if (this.#isPlain) {
      this.#addBytes(buffer, line);
      this.#hold(told, status ?? -1);
      return;
    }
    const { main } = this.books;
    this.#addBytes(buffer, line);
    this.#book(main, this.#mainCells(told), buffer, line, status);
    if (this.keyOf === undefined) return;
    const group = this.books.groupOf(this.keyOf(buffer, line, status));
    this.#book(group, this.#groupCells(group, told), buffer, line, status);
  }

  /** Books what is pending. */
  flush(): void {
    for (const told of this.#pending) {
      this.#settle(told);
      told.pending = 0;
    }
    this.#pending.length = 0;
    const { counters } = this.books.main;
    counters.bodyBytes += this.#bytes[0] as number;
    counters.receivedBytes += this.#bytes[1] as number;
    this.#bytes.fill(0);
  }

  #hold(told: ToldAttempts, status: number): void {
    if (told.pending > 0 && told.pendingStatus === status) {
      told.pending++;
      return;
    }
    if (told.pending > 0) {
      this.#settle(told);
    } else {
      // Backends go by their first line, not by when it is booked.
      this.#mainCells(told);
      this.#pending.push(told);
    }
    told.pending = 1;
    told.pendingStatus = status;
  }

  #settle(told: ToldAttempts): void {
    const status = told.pendingStatus < 0 ? undefined : told.pendingStatus;
    this.#count(this.books.main, this.#mainCells(told), status, told.pending);
    if (this.#momentUs !== undefined)
      this.books.main.timeline.recordEnds(this.#mainCells(told).served, this.#momentUs, told.pending);
  }

  /** Of the main book; a group's bytes are nobody's question. */
  #addBytes(buffer: Uint8Array, { starts, ends }: LineMatcher): void {
    const { bodyBytes, sentBytes } = this.#fields;
    const bytes = this.#bytes;
    if (bodyBytes !== undefined)
      bytes[0] =
        (bytes[0] as number) + countOf(buffer, starts[bodyBytes] as number, ends[bodyBytes] as number);
    if (sentBytes !== undefined)
      bytes[1] =
        (bytes[1] as number) + countOf(buffer, starts[sentBytes] as number, ends[sentBytes] as number);
  }

  /** Books one record with all that its line says. */
  #book(
    tally: Tally,
    cells: AttemptCells,
    buffer: Uint8Array,
    line: LineMatcher,
    status: number | undefined,
  ): void {
    const { books } = this;
    this.#count(tally, cells, status, 1);
    const requestUs = durationUs(this.#fields.requestTime, buffer, line);
    let endUs = this.#momentUs;
    if (endUs !== undefined && this.#fields.time?.isStart === true) endUs += requestUs ?? 0;
    if (endUs !== undefined) {
      this.bounds.fromUs ??= endUs;
      tally.timeline.recordEnds(cells.served, endUs, 1);
    }
    if (status === upgradedStatus) {
      const us = requestUs ?? lastDurationUs(this.#fields.attemptTime, buffer, line);
      if (us !== undefined) tally.clocks.upgraded.record(us);
    } else if (requestUs !== undefined) {
      tally.recordResponseTime(requestUs, status);
      if (tally === books.main && endUs !== undefined) books.startedAt((endUs - requestUs) / 1000);
    }
    if (cells.cells.length > 0 && status !== upgradedStatus)
      this.#attempts.book(tally, buffer, line, cells, status, requestUs, endUs);
    if (cells.served === unattributedCell) return;
    if (this.#attempts.isServedFinal(buffer, line, cells.cells.length, status))
      (tally.cells[cells.served] as BackendCell).counters.servedFinal++;
  }

  #count(tally: Tally, cells: AttemptCells, status: number | undefined, records: number): void {
    tally.recordAttempts(cells, records);
    tally.countResponses(cells.served, status, records);
  }

  #moveTo(time: TimeReader): void {
    this.flush();
    this.#timeVersion = time.version;
    this.#momentUs = Math.round(time.ms * 1000);
  }

  #mainCells(told: ToldAttempts): AttemptCells {
    told.cells ??= this.books.main.cellsOf(told.attempts);
    return told.cells;
  }

  #groupCells(group: Tally, told: ToldAttempts): AttemptCells {
    let known = this.#cellsOf.get(group);
    if (known === undefined || known.size > maxKnownCells) {
      known = new Map();
      this.#cellsOf.set(group, known);
    }
    let cells = known.get(told);
    if (cells === undefined) {
      cells = group.cellsOf(told.attempts);
      known.set(told, cells);
    }
    return cells;
  }
}

/** Bytes sent; 0 where the line does not tell. */
function countOf(buffer: Uint8Array, start: number, end: number): number {
  return wholeNumber(buffer, start, end) ?? 0;
}
