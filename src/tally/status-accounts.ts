import { Account, type AccountData } from './account.js';

/** Codes that get an account of their own; the responses of further ones go to that of their class. */
export const maxCodes = 64;

/** What was kept of a status in a form that survives a structured clone. */
export interface StatusAccountData extends AccountData<'status'> {
  readonly status: string;
  readonly isError: boolean;
}

/** The responses of a status that counted alike, as errors or not. */
export class StatusAccount extends Account<'status'> {
  /** @param status a code such as `429`; `4xx` for those of its class that found no room */
  constructor(
    readonly status: string,
    readonly isError: boolean,
  ) {
    super('status');
  }

  override toData(): StatusAccountData {
    return { ...super.toData(), status: this.status, isError: this.isError };
  }
}

/** An account for each status code that occurs, apart for what counts as an error and what does not. */
export class StatusAccounts {
  readonly #byKey = new Map<number, StatusAccount>();
  #codes = 0;

  /** @param status 0 to 999 */
  of(status: number, isError: boolean): StatusAccount {
    const key = keyOf(status, isError);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    if (this.#codes === maxCodes) return this.#ofClass(Math.floor(status / 100), isError);
    this.#codes++;
    const account = new StatusAccount(String(status).padStart(3, '0'), isError);
    this.#byKey.set(key, account);
    return account;
  }

  #ofClass(first: number, isError: boolean): StatusAccount {
    const key = -1 - keyOf(first, isError);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const account = new StatusAccount(`${first}xx`, isError);
    this.#byKey.set(key, account);
    return account;
  }

  /** In ascending order, a class behind its codes. */
  all(): StatusAccount[] {
    return [...this.#byKey.values()].sort((one, other) => (rank(one) < rank(other) ? -1 : 1));
  }

  add(other: StatusAccounts): void {
    for (const account of other.all()) this.#like(account).add(account);
  }

  /** Adds what other accounts encoded; call it on empty ones. */
  read(data: readonly StatusAccountData[]): void {
    for (const account of data) this.#like(account).read(account);
  }

  toData(): StatusAccountData[] {
    return this.all().map((account) => account.toData());
  }

  release(): void {
    for (const account of this.#byKey.values()) account.release();
  }

  #like({ status, isError }: Pick<StatusAccount, 'status' | 'isError'>): StatusAccount {
    return status.endsWith('xx')
      ? this.#ofClass(Number(status[0]), isError)
      : this.of(Number(status), isError);
  }
}

function keyOf(status: number, isError: boolean): number {
  return status * 2 + (isError ? 1 : 0);
}

function rank({ status, isError }: StatusAccount): string {
  return `${status}${isError ? 1 : 0}`;
}
