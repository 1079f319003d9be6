import type { LineSink } from '../source/line-feeder.js';
import { BookKeeper } from './book-keeper.js';
import type { LineQuestion } from './line-question.js';
import { LogBooks, resolutionMsOf } from './log-books.js';
import { type LineCounts, LogReader } from './log-reader.js';
import { compileSplit } from './splitter.js';
import type { UnmatchedLine } from './unmatched.js';
import { InFlightBounds } from './window.js';

/** What of a part goes by the order of lines, and so is told part by part. It is small, whatever the part held. */
export interface PartLines {
  readonly lines: number;
  readonly unmatchedFirst: readonly Omit<UnmatchedLine, 'file'>[];
  /** Backends that the reader had not seen in the parts before, in the order of their first line. */
  readonly addresses: readonly string[];
  /** Values of `by` that got a table, likewise, as long as all of them do. */
  readonly groupKeys: readonly string[];
}

/** What a reader counted in all of its parts, whatever their order. */
export interface Counted {
  readonly books: LogBooks;
  readonly counts: LineCounts;
}

/** Reads parts of a log into one set of books. */
export class BookReader implements LineSink {
  readonly #reader: LogReader;
  readonly #books: LogBooks;
  /** One for each format of which there were lines. */
  readonly #keepers: BookKeeper[] = [];
  /** Backends and groups told with the parts before. */
  #toldCells = 1;
  #toldGroups = 0;

  constructor(question: LineQuestion) {
    const { formats, by, maxGroups, groupKeys, isReadOnce, selection, windowFromMs } = question;
    const resolutionMs = resolutionMsOf(formats.seen);
    this.#books = new LogBooks(resolutionMs, maxGroups, groupKeys, [], isReadOnce);
    const bounds = new InFlightBounds(windowFromMs, selection);
    this.#reader = new LogReader(question, (values) => {
      const { format, time } = values;
      const keyOf = by === undefined ? undefined : compileSplit(by, format, time);
      const keeper = new BookKeeper(this.#books, values, keyOf, bounds, selection);
      this.#keepers.push(keeper);
      return keeper;
    });
  }

  /** What follows is of that file. */
  startFile(path: string): void {
    this.#reader.startFile(path);
  }

  get room(): Buffer {
    return this.#reader.room;
  }

  consume(buffer: Uint8Array, start: number, end: number): void {
    this.#reader.consume(buffer, start, end);
  }

  skipped(lengthBytes: number, head: Uint8Array): void {
    this.#reader.skipped(lengthBytes, head);
  }

  /** See `LogReader.consumeRest`. */
  consumeRest(rest: Uint8Array, isKnown: (name: string) => boolean): void {
    this.#reader.consumeRest(rest, isKnown);
  }

  endPart(): PartLines {
    this.#reader.finishRecord();
    const part = this.partSoFar();
    this.#reader.startPart();
    this.#toldCells = this.#books.main.cells.length;
    this.#toldGroups = this.#books.groups.size;
    return part;
  }

  partSoFar(): PartLines {
    const { main, groups } = this.#books;
    return {
      lines: this.#reader.lines,
      unmatchedFirst: this.#reader.unmatched.first,
      addresses: main.cells.slice(this.#toldCells).map(({ address }) => address),
      groupKeys: [...groups.keys()].slice(this.#toldGroups),
    };
  }

  /** What was counted so far, in all parts; it goes on growing with the reading. */
  counted(): Counted {
    for (const keeper of this.#keepers) keeper.ledger?.settle();
    return { books: this.#books, counts: this.#reader.counts };
  }

  release(): void {
    this.#books.release();
  }
}
