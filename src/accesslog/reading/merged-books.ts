import { AbsoluteTimeline, type AbsoluteTimelineData } from './absolute-timeline.js';
import { Book, type BookData } from './book.js';
import { fieldsOf } from './fields.js';
import { tallyShapeOf } from './line-booker.js';
import type { ReaderData } from './part-result.js';
import type { LogQuery } from './query.js';

/** The books of all readers of a log, put together. */
export class MergedBooks {
  main: Book;
  readonly groups = new Map<string, Book>();
  /** Of the values beyond the number of groups. */
  others: Book | undefined;
  readonly timeline: AbsoluteTimeline;
  records = 0;
  selected = 0;
  unmatched = 0;
  readonly pools = new Set<string>();
  firstStartMs: number | undefined;
  lastEndMs: number | undefined;

  /**
   * @param addresses the backends in the order in which they shall be
   * @param groupKeys the values of `by`, likewise
   */
  constructor(
    readonly query: LogQuery,
    addresses: Iterable<string>,
    groupKeys: readonly string[],
  ) {
    const fields = fieldsOf(query.format);
    this.main = this.#newBook();
    for (const address of addresses) this.main.cellOf(address);
    for (const key of groupKeys) this.groups.set(key, this.#newBook());
    // A reader's shortest slice is that of the times' resolution.
    this.timeline = new AbsoluteTimeline(fields.time?.name === 'msec' ? 1 : 1000);
  }

  /** Adds what readers counted. Backends of a group go by their order in the whole log. */
  add(readers: readonly ReaderData[]): void {
    for (const reader of readers) {
      const cells = this.main.add(reader.book);
      this.#addTimeline(reader.timeline, cells);
      this.records += reader.records;
      this.selected += reader.selected;
      this.unmatched += reader.unmatched;
      for (const pool of reader.pools) this.pools.add(pool);
      this.firstStartMs = least(this.firstStartMs, reader.firstStartMs);
      this.lastEndMs = greatest(this.lastEndMs, reader.lastEndMs);
    }
    const order = new Map(this.main.tally.cells.map(({ address }, index) => [address, index]));
    const parts = new Map<Book, BookData[]>();
    const collect = (into: Book, data: BookData) => parts.set(into, [...(parts.get(into) ?? []), data]);
    for (const reader of readers) {
      for (const [key, data] of reader.groups) collect(this.#groupFor(key), data);
      if (reader.others !== undefined) collect(this.#othersBook(), reader.others);
    }
    for (const [book, data] of parts) {
      const addresses = new Set(data.flatMap(({ tally }) => tally.cells.map(({ address }) => address)));
      addresses.delete('');
      const inOrder = [...addresses].sort((one, other) => (order.get(one) ?? 0) - (order.get(other) ?? 0));
      for (const address of inOrder) book.cellOf(address);
      for (const one of data) book.add(one);
    }
  }

  /** Ends the merging. What is there now does not depend on how many readers there were. */
  settle(): void {
    this.main = settled(this.main);
    for (const [key, book] of this.groups) this.groups.set(key, settled(book));
    if (this.others !== undefined) this.others = settled(this.others);
  }

  release(): void {
    this.main.release();
    for (const book of this.groups.values()) book.release();
    this.others?.release();
  }

  #groupFor(key: string): Book {
    const known = this.groups.get(key);
    if (known !== undefined) return known;
    if (this.groups.size >= this.query.maxGroups) return this.#othersBook();
    const book = this.#newBook();
    this.groups.set(key, book);
    return book;
  }

  #othersBook(): Book {
    this.others ??= this.#newBook();
    return this.others;
  }

  #newBook(): Book {
    return new Book(tallyShapeOf(fieldsOf(this.query.format)));
  }

  #addTimeline(data: AbsoluteTimelineData, cells: readonly number[]): void {
    while (this.timeline.tracks.length < this.main.tally.cells.length) this.timeline.addTrack();
    this.timeline.addData(data, cells);
  }
}

function settled(book: Book): Book {
  const settled = book.settled();
  settled.tally.close();
  return settled;
}

function least(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined ? other : other === undefined ? one : Math.min(one, other);
}

function greatest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined ? other : other === undefined ? one : Math.max(one, other);
}
