/** Pearson's statistic of counts against what was expected. */
export function chiSquare(counts: readonly number[], expected: readonly number[]): number {
  return counts.reduce((sum, count, index) => {
    const mean = expected[index] ?? 0;
    return sum + (count - mean) ** 2 / mean;
  }, 0);
}

/**
 * A fair draw exceeds this less than once in a million: Wilson and Hilferty's approximation (1931) of the chi-square
 * quantile, with the normal quantile 4.75.
 */
export function chiSquareLimit(degreesOfFreedom: number): number {
  const ninth = 2 / (9 * degreesOfFreedom);
  return degreesOfFreedom * (1 - ninth + 4.75 * Math.sqrt(ninth)) ** 3;
}
