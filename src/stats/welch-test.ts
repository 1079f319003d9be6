import { mean, sampleVariance } from 'simple-statistics';
import { binomialUpperTail } from './binomial-tail.js';
import { stirlingError } from './saddle-point.js';

/**
 * Whether two groups of measurements have the same mean: Welch's t-test, R's `t.test(a, b)`. It takes the measurements of a
 * group to be normal, not the groups to vary alike.
 *
 * Groups that do not vary at all differ for certain, or not at all.
 *
 * @param a at least three values
 * @param b at least three values
 * @throws Error with fewer
 */
export function welchTest(
  a: readonly number[],
  b: readonly number[],
): { readonly statistic: number; readonly degreesOfFreedom: number; readonly pValue: number } {
  if (a.length < 3 || b.length < 3) {
    throw new Error(`expected at least three values in each group, got ${a.length} and ${b.length}`);
  }
  const [errorA, errorB] = [sampleVariance([...a]) / a.length, sampleVariance([...b]) / b.length];
  const difference = mean([...a]) - mean([...b]);
  const variance = errorA + errorB;
  if (variance === 0) {
    const degreesOfFreedom = a.length + b.length - 2;
    return difference === 0
      ? { statistic: 0, degreesOfFreedom, pValue: 1 }
      : { statistic: Math.sign(difference) * Number.POSITIVE_INFINITY, degreesOfFreedom, pValue: 0 };
  }
  const statistic = difference / Math.sqrt(variance);
  // Welch and Satterthwaite; at least the smaller group's size less one, so 2 or more.
  const degreesOfFreedom = variance ** 2 / (errorA ** 2 / (a.length - 1) + errorB ** 2 / (b.length - 1));
  return { statistic, degreesOfFreedom, pValue: twoSided(statistic, degreesOfFreedom) };
}

/**
 * Probability that Student's t lies as far from 0 as `statistic`: I_w(v/2, 1/2) at w = v / (v + t^2) (Abramowitz and Stegun
 * 26.7.1). The incomplete beta function is at hand in the form of a binomial tail, from a second argument of 1 on; DLMF 8.17.21
 * leads from 3/2 to 1/2.
 *
 * @param degreesOfFreedom at least 2
 */
function twoSided(statistic: number, degreesOfFreedom: number): number {
  const square = statistic * statistic;
  const w = degreesOfFreedom / (degreesOfFreedom + square);
  const a = degreesOfFreedom / 2;
  const tail = binomialUpperTail(a, a + 0.5, w);
  // w^a (1 - w)^(1/2) / (1/2 B(a, 1/2))
  const logBeta = logGamma(a) + Math.log(Math.PI) / 2 - logGamma(a + 0.5);
  const step = 2 * Math.exp(a * Math.log(w) + Math.log1p(-w) / 2 - logBeta);
  return Math.min(1, Math.max(0, tail - step));
}

/** Of a number of at least 1. */
function logGamma(x: number): number {
  if (x === 1) return 0;
  const z = x - 1;
  return stirlingError(z) + Math.log(2 * Math.PI * z) / 2 + z * Math.log(z) - z;
}
