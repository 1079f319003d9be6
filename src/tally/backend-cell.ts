import { Outcome } from '../model/outcome.js';
import { Account, type AccountData } from './account.js';
import { CappedCounts, type CappedCountsData } from './capped-counts.js';
import { StatusCounts } from './status-counts.js';

/** Checks of a run that are counted apart. */
export const maxChecks = 10_000;

/** A backend's cell in a form that survives a structured clone. */
export interface BackendCellData extends AccountData<'backend'> {
  readonly address: string;
  readonly outcomes: Float64Array;
  readonly status: Readonly<Record<string, number>>;
  readonly failedChecks: CappedCountsData<number>;
}

/**
 * What became of the requests that one backend answered, or had begun to answer. The cell with the empty address holds
 * those of which that is not known.
 */
export class BackendCell extends Account<'backend'> {
  /** Requests by how they ended; indexed by `Outcome`. */
  readonly outcomes = new Float64Array(Object.keys(Outcome).length);
  readonly status = new StatusCounts();
  /** Responses that failed a check, by the first that failed: its number among those of the run. */
  readonly failedChecks = new CappedCounts<number>(maxChecks);

  constructor(readonly address: string) {
    super('backend');
  }

  /** Responses it served. */
  get count(): number {
    return this.outcomes[Outcome.response] as number;
  }

  override add(other: BackendCell): void {
    super.add(other);
    this.#addEnds(other);
  }

  /** Adds how another's requests ended, and none of their times. */
  addResponses(other: BackendCell): void {
    this.counters.errorResponses += other.counters.errorResponses;
    this.#addEnds(other);
  }

  #addEnds(other: BackendCell): void {
    other.outcomes.forEach((count, outcome) => {
      this.outcomes[outcome] = (this.outcomes[outcome] as number) + count;
    });
    this.status.add(other.status);
    this.failedChecks.add(other.failedChecks);
  }

  override read(data: BackendCellData): void {
    super.read(data);
    this.outcomes.set(data.outcomes);
    this.status.read(data.status);
    this.failedChecks.read(data.failedChecks);
  }

  override toData(): BackendCellData {
    const { address, outcomes, status, failedChecks } = this;
    return {
      ...super.toData(),
      address,
      outcomes,
      status: status.toRecord(),
      failedChecks: failedChecks.toData(),
    };
  }
}
