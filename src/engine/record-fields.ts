import type { FieldForm, RequestData } from '../model/plan.js';
import { randomUnit } from './counter-random.js';
import type { FieldSource } from './sessions.js';
import { warmupIndexBase } from './warmup.js';

/** Number of the draw that chooses a record, apart from all draws of the request mix. */
const recordDraw = -2;

/** Marks kept of how far a count has come; with more of them every second one goes. */
const maxMarks = 4096;

/**
 * The fields of the record that each request takes from its data: a pure function of seed and index. In order, the
 * requests that take from one file take its records one after another, from the first again after the last; a warm-up
 * takes them from the end.
 */
export class RecordFields implements FieldSource {
  readonly #run: Rank;
  readonly #warmup: Rank;
  readonly #bytes: Buffer;
  readonly #columns: ReadonlyMap<string, number>;
  /** Texts of one request ask one after another. */
  #last = { index: -1, record: 0 };

  /** @param takes whether request `index` takes a record of this data */
  constructor(
    readonly data: RequestData,
    readonly seed: number,
    takes: (index: number) => boolean,
  ) {
    this.#run = new Rank(0, takes);
    this.#warmup = new Rank(warmupIndexBase, takes);
    const { buffer, byteOffset, byteLength } = data.bytes;
    this.#bytes = Buffer.from(buffer, byteOffset, byteLength);
    this.#columns = new Map(data.columns.map(({ field, form }, column) => [`${form} ${field}`, column]));
  }

  /** The number of a column, for `valueOf`; `undefined` for one that the data does not have. */
  columnOf(field: string, form: FieldForm): number | undefined {
    return this.#columns.get(`${form} ${field}`);
  }

  valueOf(index: number, column: number): string {
    const { columns, ends } = this.data;
    const at = this.recordOf(index) * columns.length + column;
    return this.#bytes.toString('utf8', at === 0 ? 0 : ends[at - 1], ends[at]);
  }

  /** 0-based. */
  recordOf(index: number): number {
    if (index !== this.#last.index) this.#last = { index, record: this.#recordOf(index) };
    return this.#last.record;
  }

  #recordOf(index: number): number {
    const { records, order } = this.data;
    if (order === 'drawn') return Math.floor(randomUnit(this.seed, index, recordDraw) * records);
    return index < warmupIndexBase
      ? this.#run.of(index) % records
      : records - 1 - (this.#warmup.of(index) % records);
  }
}

/** How many of the indexes below one are members. Indexes come nearly in order, so that counting on is cheap. */
class Rank {
  /** Ranks of base, base + stride, base + 2 stride, … */
  #marks = [0];
  #stride = 1024;
  #index: number;
  #rank = 0;

  constructor(
    readonly base: number,
    readonly isMember: (index: number) => boolean,
  ) {
    this.#index = base;
  }

  of(index: number): number {
    if (index < this.#index) {
      const mark = Math.floor((index - this.base) / this.#stride);
      this.#index = this.base + mark * this.#stride;
      this.#rank = this.#marks[mark] as number;
    }
    while (this.#index < index) {
      if (this.isMember(this.#index)) this.#rank += 1;
      this.#index += 1;
      if ((this.#index - this.base) / this.#stride === this.#marks.length) this.#mark();
    }
    return this.#rank;
  }

  #mark(): void {
    this.#marks.push(this.#rank);
    if (this.#marks.length <= maxMarks) return;
    this.#marks = this.#marks.filter((_, index) => index % 2 === 0);
    this.#stride *= 2;
  }
}
