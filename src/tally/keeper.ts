import type { Keeper } from '../model/clocks.js';

/** What is kept of something, by its name: whose rows say for whom. */
type Rows = Readonly<Record<string, { readonly per: readonly Keeper[] }>>;

/** The names of the rows that are kept for a run, a backend, a request or a status. */
export type NameKept<R extends Rows, K extends Keeper> = {
  [N in keyof R]: K extends R[N]['per'][number] ? N : never;
}[keyof R] &
  string;

export function namesKept<R extends Rows, K extends Keeper>(rows: R, keeper: K): readonly NameKept<R, K>[] {
  return Object.keys(rows).filter((name) => rows[name]?.per.includes(keeper)) as NameKept<R, K>[];
}
