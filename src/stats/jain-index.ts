/**
 * Jain's fairness index (Σx)² / (n Σx²): 1 when all are equal, k/n when k of n share everything equally.
 * R. Jain, D. Chiu, W. Hawe, "A Quantitative Measure of Fairness and Discrimination", DEC-TR-301, 1984.
 * `undefined` without values or when all are 0.
 */
export function jainIndex(values: readonly number[]): number | undefined {
  const largest = values.reduce((max, value) => Math.max(max, value), 0);
  if (largest === 0) return undefined;
  // The index does not change with scale; scaled to 1 no square can overflow or vanish.
  const scaled = values.map((value) => value / largest);
  const sum = scaled.reduce((total, value) => total + value, 0);
  const squares = scaled.reduce((total, value) => total + value * value, 0);
  return (sum * sum) / (values.length * squares);
}
