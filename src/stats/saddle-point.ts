/**
 * Error of Stirling's formula: ln Γ(z + 1) - ln(√(2πz) (z/e)^z), for real z above 0.
 *
 * With it, logarithms of binomial probabilities need no differences of huge logarithms (C. Loader 2000, "Fast and
 * Accurate Computation of Binomial Probabilities", where it is called δ). From 15 on the asymptotic series
 * 1/(12z) - 1/(360z³) + 1/(1260z⁵) - 1/(1680z⁷) + 1/(1188z⁹) is exact to double precision (DLMF 5.11.1); smaller z are
 * lifted there by δ(z) = δ(z + 1) + (z + 1/2) ln(1 + 1/z) - 1, which follows from Γ(z + 2) = (z + 1) Γ(z + 1).
 */
export function stirlingError(z: number): number {
  if (!(z > 0)) throw new RangeError(`expected a number above 0, got ${z}`);
  let lifted = 0;
  let x = z;
  while (x < 15) {
    lifted += (x + 0.5) * Math.log1p(1 / x) - 1;
    x++;
  }
  const square = x * x;
  return (
    lifted + (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square) / x
  );
}

/** x ln(x / mean) + mean - x without cancellation near x = mean: Loader's bd0, for `x` above 0. */
export function deviance(x: number, mean: number): number {
  const difference = x - mean;
  if (Math.abs(difference) >= 0.1 * (x + mean)) return x * Math.log(x / mean) - difference;
  const v = difference / (x + mean);
  let sum = difference * v;
  let term = 2 * x * v;
  for (let index = 3; ; index += 2) {
    term *= v * v;
    const next = sum + term / index;
    if (next === sum) return sum;
    sum = next;
  }
}
