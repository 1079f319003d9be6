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
import { Ledger } from './ledger.js';
import type { Selection } from './line-question.js';
import type { LogBooks } from './log-books.js';
import type { KeyOfLine } from './splitter.js';
import type { InFlightBounds } from './window.js';

/** A group's cells of attempts are remembered for so many values; they are few. */
const maxKnownCells = 4096;
/** Switching Protocols: from there on a connection is no request, and may last for days. */
const upgradedStatus = 101;

/** Keeps the books: what each record says goes into the main one, and into that of the line's group. */
export class BookKeeper implements RecordSink {
  readonly ledger: Ledger | undefined;
  readonly #fields: LogFields;
  readonly #time: TimeReader | undefined;
  readonly #isTimed: boolean;
  readonly #attempts: AttemptBooker;
  /** Of formats that do not tell the backend. */
  readonly #unknown = new ToldAttempts({ kind: 'unclear', backends: [], pool: undefined });
  /** Weak, for tables may be given to other values. */
  readonly #cellsOf = new WeakMap<Tally, Map<ToldAttempts, AttemptCells>>();
  /** The moment of the last record. */
  #timeVersion = -1;
  #momentUs: number | undefined;

  /** @param keyOf names the group of a line; `undefined` without groups */
  constructor(
    readonly books: LogBooks,
    { fields, line, time }: LineValues,
    private readonly keyOf: KeyOfLine | undefined,
    private readonly bounds: InFlightBounds,
    selection: Selection,
  ) {
    this.#fields = fields;
    this.#isTimed = carriesTimes(fields);
    this.#time = time;
    if (keyOf === undefined) this.ledger = Ledger.for(line, fields, selection, books, bounds, this.#unknown);
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
    const { main } = this.books;
    this.#addBytes(buffer, line);
    this.#book(main, this.#mainCells(told), buffer, line, status);
    if (this.keyOf === undefined) return;
    const group = this.books.groupOf(this.keyOf(buffer, line, status));
    this.#book(group, this.#groupCells(group, told), buffer, line, status);
  }

  /** Of the main book; a group's bytes are nobody's question. */
  #addBytes(buffer: Uint8Array, { starts, ends }: LineMatcher): void {
    const { bodyBytes, sentBytes } = this.#fields;
    const { counters } = this.books.main;
    if (bodyBytes !== undefined)
      counters.bodyBytes += countOf(buffer, starts[bodyBytes] as number, ends[bodyBytes] as number);
    if (sentBytes !== undefined)
      counters.receivedBytes += countOf(buffer, starts[sentBytes] as number, ends[sentBytes] as number);
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
    tally.recordAttempts(cells);
    tally.countResponses(cells.served, status, 1);
    const requestUs = durationUs(this.#fields.requestTime, buffer, line);
    let endUs = this.#momentUs;
    if (endUs !== undefined && this.#fields.time?.isStart === true) endUs += requestUs ?? 0;
    if (endUs !== undefined) {
      if (this.#isTimed) this.bounds.fromUs ??= endUs;
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

  #moveTo(time: TimeReader): void {
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
