import type { LogFormat } from '../../nginx/log-format.js';
import { Tally, type TallyData } from '../../tally/tally.js';
import { Timeline } from '../../tally/timeline.js';
import { fieldsOf } from '../dialect/dialects.js';

/** Books in a form that survives a structured clone. */
export interface LogBooksData {
  readonly main: TallyData;
  readonly groups: readonly (readonly [key: string, TallyData])[];
  readonly others: TallyData | undefined;
  readonly firstStartMs: number;
}

/** Smallest difference between two moments, of the format that tells them the least exactly. */
export function resolutionMsOf(formats: readonly LogFormat[]): number {
  return Math.max(...formats.map((format) => fieldsOf(format).time?.clock.resolutionMs ?? 1000));
}

/** What was counted of a log, or of parts of it: all together, and for each value that it is split by. */
export class LogBooks {
  /** With a timeline of moments since 1970, as each group has one. */
  readonly main: Tally;
  readonly groups = new Map<string, Tally>();
  /** Of the values beyond the number of groups. */
  others: Tally | undefined;
  /** Milliseconds since 1970 of the first start of a request that is known; infinite before the first one. */
  firstStartMs = Number.POSITIVE_INFINITY;
  readonly #resolutionUs: number;

  /**
   * @param addresses the backends in the order in which they shall be
   * @param groupKeys the values that get a group, likewise; the first others get those that are left
   */
  constructor(
    resolutionMs: number,
    readonly maxGroups: number,
    groupKeys: readonly string[],
    addresses: Iterable<string> = [],
  ) {
    this.#resolutionUs = resolutionMs * 1000;
    this.main = this.#newTally();
    for (const address of addresses) this.main.cellOf(address);
    for (const key of groupKeys) this.groups.set(key, this.#newTally());
  }

  /** Books as another thread encoded them. */
  static from(resolutionMs: number, data: LogBooksData): LogBooks {
    const books = new LogBooks(resolutionMs, data.groups.length, []);
    books.main.addData(data.main);
    for (const [key, group] of data.groups) books.groups.set(key, Tally.from(group));
    if (data.others !== undefined) books.others = Tally.from(data.others);
    books.firstStartMs = data.firstStartMs;
    return books;
  }

  /** The tally of a value; that of the others when there are as many as there may be. */
  groupOf(key: string): Tally {
    const known = this.groups.get(key);
    if (known !== undefined) return known;
    if (this.groups.size >= this.maxGroups) {
      this.others ??= this.#newTally();
      return this.others;
    }
    const group = this.#newTally();
    this.groups.set(key, group);
    return group;
  }

  startedAt(ms: number): void {
    if (ms < this.firstStartMs) this.firstStartMs = ms;
  }

  /**
   * Adds what others counted. Backends of a group go by their order in the whole log.
   *
   * @param isPool of a name that was taken for a backend's: no backend was left for the requests booked on it
   */
  add(parts: readonly LogBooks[], isPool: (name: string) => boolean): void {
    for (const part of parts) {
      this.main.add(part.main, isPool);
      this.startedAt(part.firstStartMs);
    }
    const order = new Map(this.main.cells.map(({ address }, index) => [address, index]));
    const collected = new Map<Tally, Tally[]>();
    const collect = (into: Tally, tally: Tally) =>
      collected.set(into, [...(collected.get(into) ?? []), tally]);
    for (const { groups, others } of parts) {
      for (const [key, tally] of groups) collect(this.groupOf(key), tally);
      if (others !== undefined) {
        this.others ??= this.#newTally();
        collect(this.others, others);
      }
    }
    for (const [into, tallies] of collected) {
      const addresses = new Set(tallies.flatMap(({ cells }) => cells.map(({ address }) => address)));
      addresses.delete('');
      for (const address of addresses) if (isPool(address)) addresses.delete(address);
      const inOrder = [...addresses].sort((one, other) => (order.get(one) ?? 0) - (order.get(other) ?? 0));
      for (const address of inOrder) into.cellOf(address);
      for (const tally of tallies) into.add(tally, isPool);
    }
  }

  toData(): LogBooksData {
    return {
      main: this.main.toData(),
      groups: [...this.groups].map(([key, tally]) => [key, tally.toData()] as const),
      others: this.others?.toData(),
      firstStartMs: this.firstStartMs,
    };
  }

  /** Gives the histograms' memory back; the books must not be used afterwards. */
  release(): void {
    for (const tally of [this.main, ...this.groups.values()]) tally.release();
    this.others?.release();
  }

  /** Response time, of the whole request, is kept beside the attempt's. */
  #newTally(): Tally {
    const timeline = new Timeline(undefined, this.#resolutionUs);
    return new Tally({ requestNames: [], open: true, abColumns: false }, timeline);
  }
}
