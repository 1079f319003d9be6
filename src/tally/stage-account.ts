import { Account, type AccountData } from './account.js';

export interface StageAccountData extends AccountData<'stage'> {
  /** Responses by cell. */
  readonly served: readonly number[];
}

/** What is kept of a stage of a load: an account, and who served its requests. */
export class StageAccount {
  readonly #account = new Account('stage');
  readonly counters = this.#account.counters;
  readonly clocks = this.#account.clocks;
  /** Responses by cell; missing for none. */
  readonly served: number[] = [];

  /** @param responseUs `undefined` in the closed model, where it is the service time */
  response(cell: number, isError: boolean, serviceUs: number, responseUs: number | undefined): void {
    const { counters, clocks } = this;
    counters.ended++;
    counters.count++;
    if (isError) counters.errors++;
    clocks.service.record(serviceUs);
    if (responseUs !== undefined) clocks.response.record(responseUs);
    this.served[cell] = (this.served[cell] ?? 0) + 1;
  }

  failure(): void {
    this.counters.ended++;
    this.counters.errors++;
  }

  /** @param cells of each of the other's cells the own one */
  add(other: StageAccount, cells: readonly number[]): void {
    this.#account.add(other.#account);
    this.#addServed(other.served, cells);
  }

  read({ served, ...account }: StageAccountData, cells: readonly number[]): void {
    this.#account.read(account);
    this.#addServed(served, cells);
  }

  toData(): StageAccountData {
    // A hole would be null to JSON.
    return { ...this.#account.toData(), served: Array.from(this.served, (count = 0) => count) };
  }

  release(): void {
    this.#account.release();
  }

  #addServed(served: readonly number[], cells: readonly number[]): void {
    served.forEach((count, from) => {
      const cell = cells[from] ?? 0;
      this.served[cell] = (this.served[cell] ?? 0) + count;
    });
  }
}
