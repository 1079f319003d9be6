import { unattributedCell } from '../../tally/attempt-cells.js';
import type { BackendCell } from '../../tally/backend-cell.js';
import type { LatencyHistogram } from '../../tally/latency-histogram.js';
import type { TimelineTrack } from '../../tally/timeline.js';
import { carriesTimes, type DurationField, type LogFields } from '../dialect/dialect.js';
import * as at from '../scanner/layout.js';
import type { LineMatcher } from '../scanner/line-matcher.js';
import type { ProgramMatcher } from '../scanner/program-matcher.js';
import type { Scanner } from '../scanner/scanner.js';
import type { TimeReader } from '../scanner/time-reader.js';
import type { ToldAttempts } from './known-attempts.js';
import type { Selection } from './line-question.js';
import type { LogBooks } from './log-books.js';
import type { InFlightBounds, SeenTimes } from './window.js';

/** Different things that lines say of their attempts; a log has few, and the lines of further ones are booked one by one. */
const maxEntries = 512;
const powers = { seconds: 6, milliseconds: 3, microseconds: 0, nanoseconds: -3 } as const;

/**
 * Books lines in the scanner's own memory, without making anything of them but counts: as long as each says what others before
 * it said, at another time perhaps. The first line of its kind, and one that is written unlike most, is read by others, who
 * tell the ledger what it says. What is in it goes into the books in the end, and adds up to what booking line by line gives.
 */
export class Ledger implements SeenTimes {
  /** Of the last `scan`. */
  records = 0;
  selected = 0;
  firstEndMs = Number.POSITIVE_INFINITY;
  lastEndMs = Number.NEGATIVE_INFINITY;
  isBefore = false;
  isAfter = false;

  readonly #scanner: Scanner;
  /** 0 before the first scan. */
  #address = 0;
  readonly #told: ToldAttempts[] = [];
  /** By status, where its histograms are. */
  readonly #slots = new Map<number, number>();
  readonly #isTimed: boolean;
  #learntTime = -1;
  #isEmpty = true;

  private constructor(
    private readonly program: ProgramMatcher,
    private readonly fields: LogFields,
    private readonly selection: Selection,
    private readonly books: LogBooks,
    private readonly bounds: InFlightBounds,
    private readonly unknown: ToldAttempts,
  ) {
    this.#scanner = program.scanner;
    this.#isTimed = carriesTimes(fields);
  }

  /**
   * For lines of which nothing is asked that takes more; `undefined` where it does.
   *
   * @param unknown what a line says of its attempts where the format does not tell them
   */
  static for(
    { program }: LineMatcher,
    fields: LogFields,
    selection: Selection,
    books: LogBooks,
    bounds: InFlightBounds,
    unknown: ToldAttempts,
  ): Ledger | undefined {
    const { sinceMs, untilMs, ...others } = selection;
    const { backend = [], time } = fields;
    const isKnown =
      [fields.requestTime, fields.attemptTime, fields.headerTime, fields.connectTime].every(isPlain) &&
      backend.length <= 1 &&
      (time === undefined ? sinceMs === undefined && untilMs === undefined : isPlainTime(time.clock)) &&
      Number.isInteger((untilMs ?? 0) * 1000) &&
      Object.values(others).every((one) => one === undefined);
    return program !== undefined && isKnown
      ? new Ledger(program, fields, selection, books, bounds, unknown)
      : undefined;
  }

  /**
   * Books the lines in `[start, end)` of the scanner's memory up to the first one that others must read.
   *
   * @returns where that one starts, or `end`
   */
  scan(start: number, end: number): number {
    this.records = 0;
    this.selected = 0;
    if (!this.#isOpen()) return start;
    const scanner = this.#scanner;
    let position = start;
    for (let isAgain = false; ; isAgain = true) {
      const next = scanner.book(this.#address, this.program.address, position, end);
      this.records += scanner.get(this.#address, at.ledgerRecords);
      this.selected += scanner.get(this.#address, at.ledgerSelected);
      const isFull = scanner.get(this.#address, at.ledgerIsFull) !== 0;
      if (!isFull || (isAgain && next === position)) {
        position = next;
        break;
      }
      position = next;
      this.settle();
    }
    if (this.records > 0) {
      this.#isEmpty = false;
      this.firstEndMs = scanner.getDouble(this.#address, at.ledgerFirstEndMs);
      this.lastEndMs = scanner.getDouble(this.#address, at.ledgerLastEndMs);
      this.isBefore = scanner.get(this.#address, at.ledgerIsBefore) !== 0;
      this.isAfter = scanner.get(this.#address, at.ledgerIsAfter) !== 0;
    }
    return position;
  }

  /**
   * Is told what a line said that others read.
   *
   * @param told of a format that tells backends
   * @param status of a line that counts; `undefined` where the line does not tell it
   */
  learn(
    buffer: Uint8Array,
    { starts, ends }: LineMatcher,
    told: ToldAttempts | undefined,
    status: number | undefined,
    isSelected: boolean,
    time: TimeReader | undefined,
  ): void {
    if (this.#address === 0) return;
    if (isSelected) this.#learnStatus(status ?? at.noStatus);
    const { backend, time: field } = this.fields;
    const variable = backend?.[0];
    if (told !== undefined && variable !== undefined && !told.isInLedger)
      this.#learnAttempts(buffer.subarray(starts[variable], ends[variable]), told);
    if (time === undefined || field === undefined || time.version === this.#learntTime) return;
    this.#learntTime = time.version;
    const { timeOfDayAt } = field.clock;
    if (timeOfDayAt !== undefined)
      this.#learnTime(buffer.subarray(starts[field.variable], ends[field.variable]), timeOfDayAt, time.ms);
  }

  /** Puts into the books what is in the ledger. */
  settle(): void {
    if (this.#isEmpty) return;
    this.#isEmpty = true;
    const scanner = this.#scanner;
    const ledger = this.#address;
    const { main } = this.books;
    this.#told.forEach((told, number) => {
      if (told.cells !== undefined) this.#settleEntry(this.#entry(number), told);
    });
    main.counters.bodyBytes += takeLong(scanner, ledger, at.ledgerBodySum);
    main.counters.receivedBytes += takeLong(scanner, ledger, at.ledgerSentSum);
    for (const [status, slot] of this.#slots) {
      const clocks = status === at.noStatus ? undefined : main.alike(status).clocks;
      const { response } = main.clocks;
      this.#settleHistogram(scanner.get(slot, at.slotResponse), response, clocks?.response);
      this.#settleHistogram(scanner.get(slot, at.slotService), clocks?.service);
      this.#settleHistogram(scanner.get(slot, at.slotTtfb), clocks?.ttfb);
    }
    this.#settleHistogram(scanner.get(ledger, at.ledgerConnect), main.clocks.connect);
    this.#settleTimeline();
    const startUs = scanner.getLong(ledger, at.ledgerFirstStartUs);
    if (startUs < Number.MAX_SAFE_INTEGER) this.books.startedAt(startUs / 1000);
  }

  #settleEntry(entry: number, { cells }: ToldAttempts): void {
    if (cells === undefined) return;
    const scanner = this.#scanner;
    const { main } = this.books;
    for (let status = 0; status < at.statusCount; status++) {
      const field = at.entryStatus + 4 * status;
      const records = scanner.get(entry, field) >>> 0;
      if (records === 0) continue;
      scanner.set(entry, field, 0);
      main.recordAttempts(cells, records);
      main.countResponses(cells.served, status === at.noStatus ? undefined : status, records);
    }
    const { counters, clocks } = main.cells[cells.served] as BackendCell;
    counters.servedFinal += scanner.get(entry, at.entryServedFinal) >>> 0;
    scanner.set(entry, at.entryServedFinal, 0);
    counters.busyUs += takeLong(scanner, entry, at.entryBusyUs);
    this.#settleHistogram(scanner.get(entry, at.entryService), clocks.service);
    this.#settleHistogram(scanner.get(entry, at.entryTtfb), clocks.ttfb);
  }

  #settleTimeline(): void {
    const scanner = this.#scanner;
    const ledger = this.#address;
    const first = scanner.getLong(ledger, at.ledgerFirstSlice);
    const length = scanner.getLong(ledger, at.ledgerEndSlice) - first;
    const { timeline } = this.books.main;
    const told = this.#told.filter(({ cells }) => cells !== undefined);
    if (length > 0) {
      const entries = this.#told.flatMap(({ cells }, number) =>
        cells === undefined ? [] : [this.#entry(number)],
      );
      timeline.addData(
        {
          sliceUs: scanner.getLong(ledger, at.ledgerSliceUs),
          first,
          tracks: entries.map((entry) => this.#takeTrack(entry, first, length)),
          sights: entries.map((entry) => this.#takeSight(entry)),
        },
        told.map(({ cells }) => cells?.served ?? unattributedCell),
      );
    }
    scanner.setLong(ledger, at.ledgerFirstSlice, 0);
    scanner.setLong(ledger, at.ledgerEndSlice, 0);
    scanner.setLong(ledger, at.ledgerSliceUs, timeline.sliceUs);
  }

  #takeTrack(entry: number, first: number, length: number): TimelineTrack {
    const scanner = this.#scanner;
    const track = { counts: new Float64Array(length), busyUs: new Float64Array(length) };
    for (let i = 0; i < length; i++) {
      const place = (first + i) % at.maxSlices;
      track.counts[i] = scanner.get(entry, at.entryCounts + 4 * place) >>> 0;
      scanner.set(entry, at.entryCounts + 4 * place, 0);
      track.busyUs[i] = takeLong(scanner, entry, at.entryBusy + 8 * place);
    }
    return track;
  }

  #takeSight(entry: number): { firstUs: number; lastUs: number } {
    const scanner = this.#scanner;
    const sight = {
      firstUs: scanner.getLong(entry, at.entryFirstUs),
      lastUs: scanner.getLong(entry, at.entryLastUs),
    };
    this.#clearSight(entry);
    return sight;
  }

  #clearSight(entry: number): void {
    this.#scanner.setLong(entry, at.entryFirstUs, Number.MAX_SAFE_INTEGER);
    this.#scanner.setLong(entry, at.entryLastUs, Number.MIN_SAFE_INTEGER);
  }

  #settleHistogram(address: number, ...into: readonly (LatencyHistogram | undefined)[]): void {
    const scanner = this.#scanner;
    if (address === 0 || scanner.get(address, at.histogramMin) === -1) return;
    const first = (address + at.histogramBuckets) / 4;
    const counts = new Uint32Array(scanner.words.buffer, 4 * first, at.histogramBucketCount);
    const figures = {
      sumUs: takeLong(scanner, address, at.histogramSum),
      sumOfSquaresUs: [
        takeLong(scanner, address, at.histogramSquaresHigh),
        takeLong(scanner, address, at.histogramSquaresLow),
      ],
      minUs: scanner.get(address, at.histogramMin),
      maxUs: scanner.get(address, at.histogramMax),
    } as const;
    for (const histogram of into) histogram?.addCounts(figures, counts);
    counts.fill(0);
    this.#clearHistogram(address);
  }

  #clearHistogram(address: number): void {
    this.#scanner.set(address, at.histogramMin, -1);
    this.#scanner.set(address, at.histogramMax, 0);
  }

  #newHistogram(): number {
    const address = this.#scanner.allocate(at.histogramSize);
    this.#clearHistogram(address);
    return address;
  }

  #entry(number: number): number {
    return this.#scanner.get(this.#address, at.ledgerEntries) + number * at.entrySize;
  }

  /** Where lines are booked, made when it is first wanted. A window that begins with the first line waits for that. */
  #isOpen(): boolean {
    const scanner = this.#scanner;
    if (this.#isTimed && this.bounds.fromUs === undefined) return false;
    if (this.#address !== 0) return true;
    if (
      !scanner.hasRoom(
        maxEntries * at.entrySize + 4 * at.slotCount + at.histogramSize + 4 * at.statusCount + 4096,
      )
    )
      return false;
    const { fields, selection, bounds } = this;
    const ledger = scanner.allocate(at.ledgerSize);
    this.#address = ledger;
    scanner.set(ledger, at.ledgerEntries, scanner.allocate(maxEntries * at.entrySize));
    scanner.set(ledger, at.ledgerSlots, scanner.allocate(4 * at.slotCount));
    const variables = [
      [at.ledgerStatus, fields.status],
      [at.ledgerBackend, fields.backend?.[0]],
      [at.ledgerAttemptStatus, fields.attemptStatus],
      [at.ledgerBodyBytes, fields.bodyBytes],
      [at.ledgerSentBytes, fields.sentBytes],
      [at.ledgerTime, fields.time?.variable],
    ] as const;
    for (const [field, variable] of variables) scanner.set(ledger, field, variable ?? -1);
    const durations = [
      [at.ledgerRequestTime, fields.requestTime],
      [at.ledgerAttemptTime, fields.attemptTime],
      [at.ledgerHeaderTime, fields.headerTime],
      [at.ledgerConnectTime, fields.connectTime],
    ] as const;
    for (const [field, duration] of durations) {
      scanner.set(ledger, field, duration?.plus[0] ?? -1);
      scanner.set(ledger, field + 4, powers[duration?.unit ?? 'seconds']);
    }
    const { time } = fields;
    scanner.set(
      ledger,
      at.ledgerTimeKind,
      time === undefined ? 0 : time.clock.timeOfDayAt === undefined ? 2 : 1,
    );
    scanner.set(ledger, at.ledgerTimePower, time?.clock.power ?? 0);
    scanner.set(ledger, at.ledgerIsStart, time?.isStart === true ? 1 : 0);
    scanner.set(ledger, at.ledgerTellsAttempts, this.#tellsAttempts ? 1 : 0);
    scanner.set(ledger, at.ledgerTextLength, -1);
    scanner.set(ledger, at.ledgerStatuses, scanner.allocate(4 * at.statusCount));
    if (this.#isTimed) scanner.set(ledger, at.ledgerConnect, this.#newHistogram());
    if (fields.backend === undefined) {
      this.unknown.cells ??= this.books.main.cellsOf(this.unknown.attempts);
      this.#clearSight(this.#entry(0));
      this.#told.push(this.unknown);
    }
    scanner.setLong(ledger, at.ledgerSliceUs, this.books.main.timeline.sliceUs);
    scanner.setLong(ledger, at.ledgerFromUs, bounds.fromUs ?? 0);
    scanner.setLong(ledger, at.ledgerToUs, Math.min(bounds.toUs, Number.MAX_SAFE_INTEGER));
    scanner.setDouble(ledger, at.ledgerSinceMs, selection.sinceMs ?? Number.NEGATIVE_INFINITY);
    scanner.setDouble(ledger, at.ledgerUntilMs, selection.untilMs ?? Number.POSITIVE_INFINITY);
    scanner.setDouble(ledger, at.ledgerFirstEndMs, Number.POSITIVE_INFINITY);
    scanner.setDouble(ledger, at.ledgerLastEndMs, Number.NEGATIVE_INFINITY);
    scanner.setLong(ledger, at.ledgerFirstStartUs, Number.MAX_SAFE_INTEGER);
    return true;
  }

  /** Whether lines tell the times of attempts apart from the request's. */
  get #tellsAttempts(): boolean {
    const { attemptTime, headerTime, connectTime } = this.fields;
    return attemptTime !== undefined || headerTime !== undefined || connectTime !== undefined;
  }

  #learnAttempts(key: Uint8Array, told: ToldAttempts): void {
    const kind = this.#kindOf(told);
    if (kind === undefined || key.length > at.maxKeyLength || this.#told.length === maxEntries) return;
    const scanner = this.#scanner;
    const number = this.#told.length;
    const hasTimes = this.#isTimed && kind === at.kindServed;
    if (hasTimes && !scanner.hasRoom(2 * at.histogramSize)) return;
    const entry = this.#entry(number);
    scanner.bytes.set(key, entry + at.entryKey);
    scanner.set(entry, at.entryLength, key.length);
    scanner.set(entry, at.entryKind, kind);
    this.#clearSight(entry);
    if (scanner.addEntry(this.#address, number) === 0) {
      scanner.bytes.fill(0, entry, entry + at.entryStatus);
      return;
    }
    if (hasTimes) {
      scanner.set(entry, at.entryService, this.#newHistogram());
      scanner.set(entry, at.entryTtfb, this.#newHistogram());
    }
    told.isInLedger = true;
    this.#told.push(told);
  }

  /** A status gets its account when it is first booked, so only what was booked is learnt. */
  #learnStatus(status: number): void {
    const scanner = this.#scanner;
    if (this.#slots.has(status) || !scanner.hasRoom(at.slotSize + 3 * at.histogramSize)) return;
    const slot = scanner.allocate(at.slotSize);
    this.#slots.set(status, slot);
    scanner.set(scanner.get(this.#address, at.ledgerStatuses), 4 * status, slot);
    if (!this.#isTimed) return;
    scanner.set(slot, at.slotResponse, this.#newHistogram());
    if (status === at.noStatus) return;
    scanner.set(slot, at.slotService, this.#newHistogram());
    scanner.set(slot, at.slotTtfb, this.#newHistogram());
  }

  /** `undefined` for what others must book: several attempts with times or statuses of their own, names that are not certain. */
  #kindOf({ cells, isElsewhere, unproven }: ToldAttempts): number | undefined {
    if (unproven !== undefined) return undefined;
    if (isElsewhere) return at.kindElsewhere;
    if (cells === undefined) return undefined;
    const isServed = cells.served !== unattributedCell;
    if (cells.cells.length === 1 && isServed) return at.kindServed;
    const isTold = this.#tellsAttempts || (isServed && this.fields.attemptStatus !== undefined);
    return cells.cells.length === 0 || !isTold ? at.kindCounted : undefined;
  }

  /** The date and all else but the time of day, which the scanner reads itself. */
  #learnTime(text: Uint8Array, timeOfDayAt: number, ms: number): void {
    if (text.length > at.maxTextLength) return;
    const scanner = this.#scanner;
    const ledger = this.#address;
    const [, hour, minute, second, fraction = ''] =
      /^(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?/.exec(
        Buffer.from(text.subarray(timeOfDayAt)).toString('latin1'),
      ) ?? [];
    const fractionMs = Number(fraction.padEnd(3, '0').slice(0, 3));
    const dayMs = ms - ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000 - fractionMs;
    if (!Number.isInteger(dayMs) || dayMs < 0 || second === '60') return;
    scanner.setLong(ledger, at.ledgerDayUs, dayMs * 1000);
    scanner.set(ledger, at.ledgerTextLength, text.length);
    scanner.set(ledger, at.ledgerTimeOfDay, timeOfDayAt);
    scanner.set(ledger, at.ledgerFraction, fraction.length);
    scanner.setLong(ledger, at.ledgerClock, 0);
    scanner.bytes.fill(0, ledger + at.ledgerText, ledger + at.ledgerTextMask + at.maxTextLength);
    scanner.bytes.set(text, ledger + at.ledgerText);
    const mask = ledger + at.ledgerTextMask;
    scanner.bytes.fill(0xff, mask, mask + text.length);
    scanner.bytes.fill(0, mask + timeOfDayAt, mask + timeOfDayAt + 8);
    if (fraction !== '')
      scanner.bytes.fill(0, mask + timeOfDayAt + 9, mask + timeOfDayAt + 9 + fraction.length);
  }
}

/** A number that is written as such, not worked out of several. */
function isPlain(field: DurationField | undefined): boolean {
  return (
    field === undefined || (field.plus.length === 1 && field.minus.length === 0 && powers[field.unit] >= 0)
  );
}

function isPlainTime({
  timeOfDayAt,
  power = -1,
}: {
  readonly timeOfDayAt?: number;
  readonly power?: number;
}): boolean {
  return timeOfDayAt !== undefined || power >= 0;
}

function takeLong(scanner: Scanner, address: number, field: number): number {
  const value = scanner.getLong(address, field);
  scanner.setLong(address, field, 0);
  return value;
}
