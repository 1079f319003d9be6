import type { Attempts } from '../model/attempts.js';

/** Index of the cell that takes what could not be attributed. */
export const unattributedCell = 0;

/** A request's attempts as cells of one tally: looked up once, booked as often as they are told again. */
export class AttemptCells {
  /** Of the backend that served; the unattributed where none did, where it is not named or finds no room. */
  readonly served: number;
  /** Of the attempts that did not serve, as far as they name a backend. */
  readonly retries: readonly number[];

  /** @param cells by attempt, -1 for one that names no backend */
  constructor(
    readonly kind: Attempts['kind'],
    readonly cells: readonly number[],
  ) {
    const isServed = kind === 'served';
    this.served = isServed ? (cells.at(-1) as number) : unattributedCell;
    this.retries = (isServed ? cells.slice(0, -1) : cells).filter((cell) => cell >= 0);
  }
}
