import type { LogFormat } from '../../nginx/log-format.js';
import { addressesLikeLists } from '../../nginx/upstream-variables.js';
import { Scanner } from '../scanner/scanner.js';
import { SearchMatcher } from '../scanner/search-matcher.js';
import { type JoinedLine, PieceJoiner } from '../wrapping/pieces.js';
import { behindPrefix } from '../wrapping/prefix.js';
import { Unwrapper } from '../wrapping/unwrapper.js';
import { FormatLane, type LineValues, type RecordSink } from './format-lane.js';
import type { KnownNames, SeenNames } from './known-attempts.js';
import { allFormats, type LineQuestion } from './line-question.js';
import { RecordJoiner } from './record-joiner.js';
import { UnmatchedLines } from './unmatched.js';
import { type SeenTimes, TimeKeeper } from './window.js';

const lineFeed = 0x0a;

/** What was seen of a log beside the records that were taken. */
export interface LineCounts {
  readonly unmatched: number;
  /** Names in place of addresses, by format where there were any. */
  readonly names: readonly SeenNames[];
  readonly times: SeenTimes;
  /** A line was left unread because it carries times, and there are no histograms for them. */
  readonly wantsTimes: boolean;
  /** By format, in the order of `allFormats`. */
  readonly formats: readonly { readonly records: number; readonly selected: number }[];
}

/**
 * Reads whole lines and gives their records to a sink for each format: one part of a log after the other, or all of it. A
 * line is of the first of its file's formats that it matches. Await `prepareHistograms` before where sinks keep times.
 */
export class LogReader {
  readonly unmatched = new UnmatchedLines();
  /** Of the present part. */
  lines = 0;

  readonly #scanner = new Scanner();
  readonly #question: LineQuestion;
  /** By format; made when a line is first tried against it. */
  readonly #lanes: (FormatLane | undefined)[];
  readonly #newLane: (index: number) => FormatLane;
  /** What the lines of the present file are tried against first, and what else. */
  #own: FormatLane[] = [];
  #others: readonly number[] = [];
  readonly #times: TimeKeeper;
  #wantsTimes = false;
  readonly #line = new Unwrapper();
  readonly #reads = (lane: FormatLane) =>
    lane.line.match(this.#line.buffer, this.#line.start) && this.#record(lane, this.#line.buffer);
  /** Joins what a container's runtime cut up. */
  readonly #pieces = new PieceJoiner();
  /** Joins lines to records; `undefined` where a line is a record. */
  #joiner: RecordJoiner | undefined;

  /** @param variablesOf names of what a format's sink reads besides, on which all readings of an uncertain line must agree */
  constructor(
    question: LineQuestion,
    sinkFor: (values: LineValues) => RecordSink,
    variablesOf: (format: LogFormat) => readonly string[] = () => [],
  ) {
    this.#question = question;
    const formats = allFormats(question.formats);
    const names: KnownNames = {
      backends: new Set(question.knownAddresses),
      pools: new Set(question.poolNames),
      sockets: addressesLikeLists(question.knownAddresses),
    };
    this.#lanes = formats.map(() => undefined);
    const scanner = this.#scanner;
    const times = new TimeKeeper(question.selection);
    this.#times = times;
    this.#newLane = (index) => {
      const format = formats[index] as LogFormat;
      return new FormatLane(format, question, sinkFor, variablesOf(format), names, times, scanner);
    };
    this.startFile(undefined);
  }

  /** In all parts. */
  get counts(): LineCounts {
    return {
      unmatched: this.unmatched.count,
      times: { ...this.#times },
      wantsTimes: this.#wantsTimes,
      names: this.#lanes.flatMap((lane) => lane?.seenNames ?? []),
      formats: this.#lanes.map((lane) => ({ records: lane?.records ?? 0, selected: lane?.selected ?? 0 })),
    };
  }

  /** What follows is of that file; without a path, of any. */
  startFile(path: string | undefined): void {
    const { seen, known, orderOf } = this.#question.formats;
    const own = (path === undefined ? undefined : orderOf.get(path)) ?? seen.map((_, index) => index);
    this.#own = own.map((index) => this.#lane(index));
    this.#others = seen
      .map((_, index) => index)
      .filter((index) => !own.includes(index))
      .concat(known.map((_, index) => seen.length + index));
    const [only] = this.#own;
    this.#joiner = undefined;
    if (only?.format.escape === 'none' && only.line instanceof SearchMatcher && this.#own.length === 1)
      this.#joiner = new RecordJoiner(only.line, (buffer) => only.record(buffer), this.unmatched);
  }

  /** Where lines may be put that are then read without being copied. */
  get room(): Buffer {
    return this.#scanner.room;
  }

  /** Reads the lines in `[start, end)`; the last byte must be a line feed. */
  consume(buffer: Uint8Array, start: number, end: number): void {
    const { bytes } = this.#scanner;
    if (buffer.buffer === bytes.buffer)
      this.#consume(bytes, buffer.byteOffset + start, buffer.byteOffset + end);
    else this.#consume(buffer, start, end);
  }

  #consume(buffer: Uint8Array, start: number, end: number): void {
    const [first] = this.#own;
    // What a loose format seems to take may have a prefix.
    const isBooking =
      this.#joiner === undefined && first?.isLoose === false && buffer === this.#scanner.bytes;
    for (let position = start; position < end; ) {
      if (isBooking && !this.#pieces.isOpen) {
        const before = first.records;
        position = first.bookKnown(position, end);
        this.lines += first.records - before;
        if (position === end) return;
      }
      this.lines++;
      position =
        this.#joiner === undefined
          ? this.#read(buffer, position)
          : this.#join(buffer, position, this.#joiner);
    }
  }

  /**
   * Reads the bytes behind the last line feed. Balancers write whole lines, so these were cut off somewhere; they count
   * only when it is certain that nothing but the line feed is missing.
   *
   * @param isKnown of the address of a backend or the name of a pool: whether it was seen or is configured
   */
  consumeRest(rest: Uint8Array, isKnown: (name: string) => boolean): void {
    const buffer = Buffer.concat([rest, Buffer.of(lineFeed)]);
    this.lines++;
    const line = this.#line;
    const reads = (lane: FormatLane) =>
      lane.line.match(line.buffer, line.start) &&
      (line.isClosed || lane.isWholeLine(line.buffer, isKnown)) &&
      this.#record(lane, line.buffer);
    if (this.#isReadBy(reads, buffer, 0, buffer.length)) return;
    const reason = 'expected a line break at the end, got a line that may be cut off';
    this.unmatched.record(this.lines, reason, buffer, 0, buffer.length);
  }

  /** Counts a line that is too long to be looked at. */
  skipped(lengthBytes: number, head: Uint8Array): void {
    this.lines++;
    const reason = `expected a line of reasonable length, got one of ${lengthBytes} bytes`;
    this.unmatched.record(this.lines, reason, head, 0, head.length);
  }

  /** At the end of a part: a record that was begun is not finished by the next one. */
  finishRecord(): void {
    this.#joiner?.giveUp(this.lines);
    for (const begun of this.#pieces.giveUp()) this.#readJoined(begun, false);
  }

  /** Numbers lines anew. */
  startPart(): void {
    this.lines = 0;
    this.unmatched.first = [];
  }

  /** Reads the line at `position`. @returns where the next one starts */
  #read(buffer: Uint8Array, position: number): number {
    if (this.#pieces.isOpen) {
      const next = buffer.indexOf(lineFeed, position) + 1;
      if (this.#isPiece(buffer, position, next)) return next;
    }
    const first = this.#own[0] as FormatLane;
    const isMatch = first.line.match(buffer, position);
    const { next } = first.line;
    if ((!isMatch || first.isOpen) && this.#isPiece(buffer, position, next)) return next;
    const isDoubtful = first.isLoose && behindPrefix(buffer, position) >= 0;
    if (isMatch && !isDoubtful && first.record(buffer)) return next;
    if (!this.#isReadBy(this.#reads, buffer, position, next)) this.#miss(buffer, position, next);
    return next;
  }

  /** Whether the line is a piece of another, which is read when all of it is there. */
  #isPiece(buffer: Uint8Array, position: number, next: number): boolean {
    const piece = this.#pieces.take(buffer, position, next);
    if (piece === 'whole') return false;
    if (piece !== 'held') this.#readJoined(piece);
    return true;
  }

  #readJoined({ bytes, end, lines }: JoinedLine, isWhole = true): void {
    if (isWhole && end > 0 && this.#isReadBy(this.#reads, bytes, 0, end)) return;
    const reason = isWhole
      ? 'expected pieces (stdout P) of a line of the format'
      : 'expected all pieces of a line (stdout P), got no last one (stdout F)';
    this.unmatched.record(this.lines - lines + 1, reason, bytes, 0, end, lines);
  }

  /** The same where records may have several lines. Those with something around them have one. */
  #join(buffer: Uint8Array, position: number, joiner: RecordJoiner): number {
    const next = buffer.indexOf(lineFeed, position) + 1;
    if (this.#isPiece(buffer, position, next)) return next;
    const line = this.#line;
    line.begin(buffer, position, next);
    while (line.open()) {
      if (!this.#own.some(this.#reads)) continue;
      joiner.giveUp(this.lines - 1);
      return next;
    }
    joiner.read(buffer, position, this.lines);
    return next;
  }

  #record(lane: FormatLane, buffer: Uint8Array): boolean {
    const isMissed = lane.isTimed && !this.#question.isTimed;
    this.#wantsTimes ||= isMissed;
    return !isMissed && lane.record(buffer);
  }

  #miss(buffer: Uint8Array, position: number, next: number): void {
    const line = this.#line;
    line.begin(buffer, position, next);
    while (line.open());
    const first = this.#own[0] as FormatLane;
    const isEmpty = next - position <= 1;
    const reason = isEmpty
      ? 'expected a line, got an empty one'
      : first.reason(first.line.match(line.buffer, line.start));
    this.unmatched.record(this.lines, reason, buffer, position, next);
  }

  /**
   * Whether a lane reads the line, as it is or without what is around it: those of the file in their order, then the others. A format
   * that takes anything at its start would take a prefix for a value, so it reads only what is behind the prefix.
   */
  #isReadBy(
    reads: (lane: FormatLane) => boolean,
    buffer: Uint8Array,
    position: number,
    next: number,
  ): boolean {
    const line = this.#line;
    const may = (lane: FormatLane) => !(lane.isLoose && line.isPrefixed) && reads(lane);
    line.begin(buffer, position, next);
    do {
      for (const lane of this.#own) if (may(lane)) return true;
    } while (line.open());
    if (this.#others.length === 0) return false;
    line.begin(buffer, position, next);
    do {
      for (const index of this.#others) if (may(this.#lane(index))) return true;
    } while (line.open());
    return false;
  }

  #lane(index: number): FormatLane {
    const lane = this.#lanes[index] ?? this.#newLane(index);
    this.#lanes[index] = lane;
    return lane;
  }
}
