import { maxBackends, type TallyShape, unattributedCell } from '../../tally/tally.js';
import type { LineMatcher } from '../scanner/line-matcher.js';
import { microseconds, wholeNumber } from '../scanner/numbers.js';
import type { TimeReader } from '../scanner/time-reader.js';
import { AbsoluteTimeline } from './absolute-timeline.js';
import { AttemptBooker } from './attempt-booker.js';
import { Book } from './book.js';
import { BookedMeaning } from './booked-meaning.js';
import { carriesTimes, type LogFields } from './fields.js';
import { isServedFinal } from './served-final.js';
import { TimeSpan } from './time-span.js';

const noCells = new Int32Array(0);

/** The tallies of a log: response time is nginx's `$request_time`, where the format has it beside the upstream's. */
export function tallyShapeOf(fields: LogFields): TallyShape {
  const open = fields.requestTime !== undefined && fields.upstreamResponseTime !== undefined;
  return { requestNames: [], open, abColumns: false };
}

/** Books the values of one line after the other: in the main book, and in that of the line's group. */
export class LineBooker {
  readonly main: Book;
  readonly groups = new Map<string, Book>();
  /** Of the keys that got no book of their own. */
  others: Book | undefined;
  readonly timeline: AbsoluteTimeline;
  readonly span = new TimeSpan();

  readonly #fields: LogFields;
  readonly #shape: TallyShape;
  /** A record says no more than its meaning and status, so that those of one second are counted together. */
  readonly #isPlain: boolean;
  readonly #attempts: AttemptBooker;
  readonly #pending: BookedMeaning[] = [];
  /** Of records pending: body bytes, bytes sent. */
  readonly #bytes = new Float64Array(2);
  /** Of formats without `$upstream_addr`. */
  readonly #unknown = new BookedMeaning({ kind: 'unclear', attempts: [], pool: undefined });
  /** Of the time that the timeline stands at. */
  #timeVersion = -1;

  constructor(
    fields: LogFields,
    private readonly time: TimeReader | undefined,
    isSplit: boolean,
    readonly maxGroups: number,
    groupKeys: readonly string[],
  ) {
    this.#fields = fields;
    this.#shape = tallyShapeOf(fields);
    this.#isPlain = !carriesTimes(fields) && fields.upstreamStatus === undefined && !isSplit;
    this.main = new Book(this.#shape);
    this.timeline = new AbsoluteTimeline(time?.resolutionMs ?? 1000);
    this.timeline.addTrack();
    this.#attempts = new AttemptBooker(fields, time, this.main, this.timeline, this.span);
    for (const key of groupKeys) this.groups.set(key, new Book(this.#shape));
  }

  /**
   * @param meaning of `$upstream_addr`; `undefined` when the format does not carry it
   * @param key of the group; `undefined` without groups
   */
  book(
    buffer: Uint8Array,
    line: LineMatcher,
    status: number | undefined,
    meaning: BookedMeaning | undefined,
    key: string | undefined,
  ): void {
    if (this.time !== undefined && this.time.version !== this.#timeVersion) this.#moveTo(this.time);
    const known = meaning ?? this.#unknown;
    if (!this.#isPlain) {
      this.#bookWith(this.main, true, buffer, line, status, known);
      if (key !== undefined) this.#bookWith(this.#groupOf(key), false, buffer, line, status, known);
      return;
    }
    const { bodyBytes, sentBytes } = this.#fields;
    const { starts, ends } = line;
    if (bodyBytes !== undefined)
      this.#bytes[0] =
        (this.#bytes[0] as number) + countOf(buffer, starts[bodyBytes] as number, ends[bodyBytes] as number);
    if (sentBytes !== undefined)
      this.#bytes[1] =
        (this.#bytes[1] as number) + countOf(buffer, starts[sentBytes] as number, ends[sentBytes] as number);
    const statusOrNone = status ?? -1;
    if (known.pending > 0 && known.pendingStatus === statusOrNone) {
      known.pending++;
      return;
    }
    if (known.pending > 0) {
      this.#settle(known);
    } else {
      // Backends go by their first line, not by when it is booked.
      this.#cellsOf(known);
      this.#pending.push(known);
    }
    known.pending = 1;
    known.pendingStatus = statusOrNone;
  }

  /** Books what is pending. */
  flush(): void {
    for (const meaning of this.#pending) {
      this.#settle(meaning);
      meaning.pending = 0;
    }
    this.#pending.length = 0;
    this.main.tally.counters.bodyBytes += this.#bytes[0] as number;
    this.main.tally.counters.receivedBytes += this.#bytes[1] as number;
    this.#bytes.fill(0);
  }

  #settle(meaning: BookedMeaning): void {
    const status = meaning.pendingStatus < 0 ? undefined : meaning.pendingStatus;
    this.#count(this.main, true, status, meaning, meaning.pending);
  }

  release(): void {
    this.main.release();
    for (const book of this.groups.values()) book.release();
    this.others?.release();
  }

  #groupOf(key: string): Book {
    const known = this.groups.get(key);
    if (known !== undefined) return known;
    if (this.groups.size < this.maxGroups) {
      const book = new Book(this.#shape);
      this.groups.set(key, book);
      return book;
    }
    this.others ??= new Book(this.#shape);
    return this.others;
  }

  /** Books one record with all that its line says. */
  #bookWith(
    book: Book,
    isMain: boolean,
    buffer: Uint8Array,
    line: LineMatcher,
    status: number | undefined,
    meaning: BookedMeaning,
  ): void {
    const fields = this.#fields;
    const { starts, ends } = line;
    const { tally } = book;
    if (fields.bodyBytes !== undefined)
      tally.counters.bodyBytes += countOf(
        buffer,
        starts[fields.bodyBytes] as number,
        ends[fields.bodyBytes] as number,
      );
    if (fields.sentBytes !== undefined)
      tally.counters.receivedBytes += countOf(
        buffer,
        starts[fields.sentBytes] as number,
        ends[fields.sentBytes] as number,
      );
    const cell = this.#count(book, isMain, status, meaning, 1);
    let requestUs: number | undefined;
    if (fields.requestTime !== undefined)
      requestUs = microseconds(
        buffer,
        starts[fields.requestTime] as number,
        ends[fields.requestTime] as number,
      );
    if (requestUs !== undefined) {
      if (tally.shape.open) tally.clocks.response.record(requestUs);
      if (isMain && this.time !== undefined) this.span.startedAt(this.time.ms - requestUs / 1000);
    }
    const cells = meaning.cells ?? noCells;
    if (cells.length > 0) this.#attempts.book(book, buffer, line, cells, cell, requestUs);
    if (cell !== unattributedCell && fields.upstreamStatus !== undefined) {
      if (isServedFinal(fields, buffer, line, cells.length, status))
        book.servedFinal[cell] = (book.servedFinal[cell] as number) + 1;
    }
  }

  /** Counts records of one meaning and status; gives the cell that they count for. */
  #count(
    book: Book,
    isMain: boolean,
    status: number | undefined,
    meaning: BookedMeaning,
    records: number,
  ): number {
    const { tally } = book;
    const { kind } = meaning;
    const cells = this.#cellsOf(meaning);
    let cell = unattributedCell;
    if (kind === 'served') {
      cell = book.cellIn(this.main, cells.at(-1) as number);
      if (cell === unattributedCell) tally.counters.backendOverflow += records;
    } else if (kind === 'none-left') {
      tally.counters.noBackendLeft += records;
    } else if (kind === 'not-proxied') {
      book.notProxied += records;
    }
    const retries = kind === 'served' ? cells.length - 1 : cells.length;
    for (let i = 0; i < retries; i++) {
      const main = cells[i] as number;
      if (main >= 0) book.cell(book.cellIn(this.main, main)).counters.retries += records;
    }
    tally.countResponses(cell, status, records);
    if (isMain && this.time !== undefined) this.timeline.countEnds(cell, records);
    return cell;
  }

  #moveTo(time: TimeReader): void {
    this.flush();
    this.#timeVersion = time.version;
    this.timeline.moveTo(Math.round(time.ms * 1000));
    this.span.startedAt(time.ms);
    this.span.endedAt(time.ms);
  }

  #cellsOf(meaning: BookedMeaning): Int32Array {
    meaning.cells ??= Int32Array.from(meaning.attempts, (address) => this.#mainCell(address));
    return meaning.cells;
  }

  #mainCell(address: string | undefined): number {
    if (address === undefined) return -1;
    const cell = this.main.cellOf(address);
    while (this.timeline.tracks.length <= Math.min(cell, maxBackends)) this.timeline.addTrack();
    return cell;
  }
}

/** Bytes sent; 0 where the line does not tell. */
function countOf(buffer: Uint8Array, start: number, end: number): number {
  return wholeNumber(buffer, start, end) ?? 0;
}
