/**
 * Which of `count` requests, sorted by total time, stands for a percentage. 0-based.
 *
 * Ours is the nearest rank: the smallest time within which at least that percentage was served,
 * so that of 100 requests 50 % is the 50th. ab takes floor(count * p / 100), the 51st.
 */
export function percentageRank(percentage: number, count: number, compat: boolean): number {
  const rank = compat ? Math.floor((count * percentage) / 100) : Math.ceil((count * percentage) / 100) - 1;
  return Math.min(Math.max(rank, 0), count - 1);
}

/**
 * The same for a row of the `-e` file, where ab rounds instead of cutting. ab reads past its samples in the
 * upper rows of a short run; the last sample stands there for us even with `compat`.
 */
export function csvRank(percentage: number, count: number, compat: boolean): number {
  if (!compat) return percentageRank(percentage, count, false);
  if (percentage === 0) return 0;
  return Math.min(Math.floor(0.5 + (count * percentage) / 100), count - 1);
}

/**
 * The two ranks whose mean is the median. ab takes the upper middle of an even count, and for an odd one
 * averages the middle with its upper neighbour.
 */
export function medianRanks(count: number, compat: boolean): readonly [number, number] {
  const middle = Math.floor(count / 2);
  const odd = count % 2 === 1;
  if (compat) return odd && count > 1 ? [middle, middle + 1] : [middle, middle];
  return odd ? [middle, middle] : [middle - 1, middle];
}
