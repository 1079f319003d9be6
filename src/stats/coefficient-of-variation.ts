import { mean, standardDeviation } from 'simple-statistics';

/**
 * Population standard deviation over mean: 0 when all are equal, √(n - 1) when one of n has everything.
 * `undefined` without values or when their mean is 0. (simple-statistics' own function uses the sample deviation.)
 */
export function coefficientOfVariation(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const average = mean([...values]);
  return average === 0 ? undefined : standardDeviation([...values]) / average;
}
