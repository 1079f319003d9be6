/** One run to make: what it balances by, and which round of it this is. */
export interface Round<A> {
  readonly algorithm: A;
  /** 1-based; `undefined` when there is only one. */
  readonly round: number | undefined;
}

/**
 * The order of the runs: every algorithm once in each round, every other round backwards (A B C, C B A, A B C, …).
 *
 * Machines drift while they are measured: they get warm, a neighbour wakes up. One algorithm after the other would book the
 * drift to whichever came last, and so, to a lesser part, would A B C, A B C, where C always comes after A. Going there and
 * back gives all of them the same mean place in time over every two rounds, so that a steady drift cancels (the ABBA design).
 */
export function roundsOf<A>(algorithms: readonly A[], repeat: number): Round<A>[] {
  return Array.from({ length: repeat }, (_, index) => {
    const round = repeat === 1 ? undefined : index + 1;
    const inOrder = algorithms.map((algorithm) => ({ algorithm, round }));
    return index % 2 === 0 ? inOrder : inOrder.reverse();
  }).flat();
}
