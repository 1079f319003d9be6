import type { BackendCell } from '../../tally/backend-cell.js';
import { LatencyHistogram, type LatencyHistogramData } from '../../tally/latency-histogram.js';
import { Tally, type TallyData, type TallyShape } from '../../tally/tally.js';

/** A book in a form that survives a structured clone. Arrays go by the tally's cells. */
export interface BookData {
  readonly tally: TallyData;
  readonly notProxied: number;
  readonly servedFinal: readonly number[];
  readonly retryTimes: readonly LatencyHistogramData[];
}

/** A tally, with what only a log can tell. */
export class Book {
  readonly tally: Tally;
  /** Of the unattributed: requests for which no backend was asked (local pages, cache hits, refused before). */
  notProxied = 0;
  /** By cell: responses that really came from the backend. Stays 0 without `$upstream_status`. */
  readonly servedFinal: number[] = [];
  /** By cell: how long the attempts took that did not serve the response. */
  readonly retryTimes: LatencyHistogram[] = [];
  /** This book's cell of each cell of the main book. */
  readonly #cellOfMain: number[] = [];
  #isCopy = false;

  constructor(readonly shape: TallyShape) {
    this.tally = new Tally(shape);
    this.#grow();
  }

  cellOf(address: string): number {
    const cell = this.tally.cellOf(address);
    this.#grow();
    return cell;
  }

  /** The cell of the backend that is cell `cell` of the main book. */
  cellIn(main: Book, cell: number): number {
    if (main === this) return cell;
    const known = this.#cellOfMain[cell];
    if (known !== undefined) return known;
    const own = cell === 0 ? 0 : this.cellOf(main.cell(cell).address);
    this.#cellOfMain[cell] = own;
    return own;
  }

  cell(index: number): BackendCell {
    return this.tally.cells[index] as BackendCell;
  }

  add(data: BookData): readonly number[] {
    this.#isCopy = this.tally.responses === 0;
    this.tally.addData(data.tally);
    this.#grow();
    this.notProxied += data.notProxied;
    const cells = data.tally.cells.map(({ address }) => (address === '' ? 0 : this.cellOf(address)));
    cells.forEach((cell, index) => {
      this.servedFinal[cell] = (this.servedFinal[cell] as number) + (data.servedFinal[index] as number);
      const times = new LatencyHistogram();
      times.read(data.retryTimes[index] as LatencyHistogramData);
      (this.retryTimes[cell] as LatencyHistogram).add(times);
      times.release();
    });
    return cells;
  }

  /**
   * The same in a form that does not depend on how it was put together: the text of a histogram also tells how its
   * memory grew. A copy is in that form, so a book that is none is copied, and released.
   */
  settled(): Book {
    if (this.#isCopy) return this;
    const settled = new Book(this.shape);
    settled.add(this.toData());
    this.release();
    return settled;
  }

  toData(): BookData {
    return {
      tally: this.tally.toData(),
      notProxied: this.notProxied,
      servedFinal: this.servedFinal,
      retryTimes: this.retryTimes.map((histogram) => histogram.toData()),
    };
  }

  /** Gives the histograms' memory back; the book must not be used afterwards. */
  release(): void {
    this.tally.release();
    for (const histogram of this.retryTimes) histogram.release();
  }

  #grow(): void {
    while (this.servedFinal.length < this.tally.cells.length) {
      this.servedFinal.push(0);
      this.retryTimes.push(new LatencyHistogram());
    }
  }
}
