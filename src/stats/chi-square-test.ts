import { upperGammaRatio } from './upper-gamma-ratio.js';

export interface ChiSquareResult {
  readonly statistic: number;
  readonly degreesOfFreedom: number;
  /** Probability of a statistic at least this large if the expected shares are true. */
  readonly pValue: number;
}

/**
 * Pearson's goodness of fit of counts to shares that add up to 1: Σ (count - expected)² / expected, with n - 1 degrees
 * of freedom; R's `chisq.test(counts, p = shares)`.
 * `undefined` with fewer than two cells, or when a cell's expected count is below 5, where the chi-square distribution
 * is no longer a fair approximation (W. Cochran 1954).
 */
export function chiSquareTest(
  cells: readonly { readonly count: number; readonly share: number }[],
): ChiSquareResult | undefined {
  const total = cells.reduce((sum, { count }) => sum + count, 0);
  if (cells.length < 2 || cells.some(({ share }) => share * total < 5)) return undefined;
  const statistic = cells.reduce((sum, { count, share }) => {
    const expected = share * total;
    return sum + (count - expected) ** 2 / expected;
  }, 0);
  const degreesOfFreedom = cells.length - 1;
  // The upper tail itself, Q(df / 2, x / 2): 1 minus the lower one has no digits left below 1e-16.
  return { statistic, degreesOfFreedom, pValue: upperGammaRatio(degreesOfFreedom / 2, statistic / 2) };
}
