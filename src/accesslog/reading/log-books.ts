import type { LogFormat } from '../../nginx/log-format.js';
import { Tally, type TallyData } from '../../tally/tally.js';
import { Timeline } from '../../tally/timeline.js';
import { fieldsOf } from '../dialect/dialects.js';
import { type Frequencies, FrequentValues } from './frequent-values.js';

/** Books in a form that survives a structured clone. */
export interface LogBooksData {
  readonly main: TallyData;
  readonly groups: readonly (readonly [key: string, TallyData])[];
  readonly others: TallyData | undefined;
  readonly frequencies: Frequencies;
  readonly mayLack: readonly (readonly [key: string, number])[];
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
  /** By value: how many of its records were counted among the others, at most, before it got its table. */
  readonly mayLack = new Map<string, number>();
  /** Milliseconds since 1970 of the first start of a request that is known; infinite before the first one. */
  firstStartMs = Number.POSITIVE_INFINITY;
  readonly #resolutionUs: number;
  /** Of all values, from when there were more of them than tables. */
  #frequent: FrequentValues | undefined;
  /** As another thread told them. */
  #told: Frequencies | undefined;
  /** So often at least a value must have occurred to get the table of another one. */
  #wanted = 0;
  readonly #isFixed: boolean;

  /**
   * @param addresses the backends in the order in which they shall be
   * @param groupKeys the values that get a group, likewise, and no others; without any the first ones get one
   * @param movesTables whether a value that turns out to be frequent gets the table of one that is not, because there is no second
   *   reading for it
   */
  constructor(
    resolutionMs: number,
    readonly maxGroups: number,
    groupKeys: readonly string[],
    addresses: Iterable<string> = [],
    private readonly movesTables = false,
  ) {
    this.#isFixed = groupKeys.length > 0;
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
    books.#told = data.frequencies;
    for (const [key, lacking] of data.mayLack) books.mayLack.set(key, lacking);
    books.firstStartMs = data.firstStartMs;
    return books;
  }

  /** The tally of a record's value; that of the others when there are as many as there may be. */
  groupOf(key: string): Tally {
    const known = this.groups.get(key);
    if (this.#frequent === undefined) {
      if (known !== undefined) return known;
      if (this.groups.size < this.maxGroups) return this.#newGroup(key);
      if (this.#isFixed) return this.#others();
      this.#frequent = new FrequentValues();
      for (const [value, { responses }] of this.groups) this.#frequent.add(value, responses);
    }
    const { count, error } = this.#frequent.add(key);
    if (known !== undefined) return known;
    return this.movesTables && count - error > this.#wanted ? this.#moved(key, count) : this.#others();
  }

  /** How often each value occurred. */
  get frequencies(): Frequencies {
    if (this.#told !== undefined) return this.#told;
    if (this.#frequent !== undefined) return this.#frequent.frequencies;
    const values = [...this.groups].map(([key, { responses }]) => [key, responses, 0] as const);
    return { values, othersAtMost: 0 };
  }

  /** The table for a value that was told in advance, or is of another book. */
  tableOf(key: string): Tally {
    const known = this.groups.get(key);
    return known ?? (this.groups.size < this.maxGroups ? this.#newGroup(key) : this.#others());
  }

  #others(): Tally {
    this.others ??= this.#newTally();
    return this.others;
  }

  #newGroup(key: string): Tally {
    const group = this.#newTally();
    this.groups.set(key, group);
    return group;
  }

  /** Gives a value the table of the rarest one, if it is twice as frequent as that; each gets one but a few times then. */
  #moved(key: string, count: number): Tally {
    let rarest: readonly [string, Tally] | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (const [value, tally] of this.groups) {
      const records = tally.responses + (this.mayLack.get(value) ?? 0);
      if (records < fewest) [rarest, fewest] = [[value, tally], records];
    }
    this.#wanted = 2 * fewest;
    if (rarest === undefined || count <= this.#wanted) return this.#others();
    const [value, tally] = rarest;
    this.#others().add(tally);
    tally.release();
    this.groups.delete(value);
    this.mayLack.delete(value);
    this.mayLack.set(key, count - 1);
    return this.#newGroup(key);
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
      for (const [key, tally] of groups) collect(this.tableOf(key), tally);
      if (others !== undefined) collect(this.#others(), others);
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
      frequencies: this.frequencies,
      mayLack: [...this.mayLack],
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
