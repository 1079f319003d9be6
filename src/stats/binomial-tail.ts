import { binomialProbability } from './binomial-probability.js';

/**
 * Probability of at least `successes` in `trials` draws that succeed with `probability`.
 *
 * For whole counts this is exact: R's `pbinom(successes - 1, trials, probability, lower.tail = FALSE)`. It is computed as
 * the regularised incomplete beta function I_p(k, n - k + 1) (DLMF 8.17.5), which also joins the whole counts by a smooth,
 * falling curve: for a `successes` between two whole numbers the result lies between theirs.
 *
 * @param successes above 0 gives a tail, 0 and below gives 1, above `trials` gives 0
 * @param trials at least 0
 * @param probability 0 to 1
 */
export function binomialUpperTail(successes: number, trials: number, probability: number): number {
  if (successes <= 0) return 1;
  if (successes > trials || probability <= 0) return 0;
  if (probability >= 1) return 1;
  const a = successes;
  const b = trials - successes + 1;
  // The continued fraction converges fast below this point only; above it the other tail is computed.
  const inUpperHalf = probability < (a + 1) / (a + b + 2);
  return inUpperHalf ? betaTail(probability, a, b) : 1 - betaTail(1 - probability, b, a);
}

/** Probability of at most `successes`; see `binomialUpperTail`. */
export function binomialLowerTail(successes: number, trials: number, probability: number): number {
  return binomialUpperTail(trials - successes, trials, 1 - probability);
}

/**
 * I_x(a, b) by the continued fraction of DLMF 8.17.22, evaluated by the modified Lentz method (Thompson and Barnett 1986).
 * The factor in front, x^a (1-x)^b / (a B(a, b)), is a binomial probability: of a in a + b - 1, times 1 - x.
 */
function betaTail(x: number, a: number, b: number): number {
  const front = binomialProbability(a, a + b - 1, x) * (1 - x);
  if (front === 0) return 0;
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  // Needs about the square root of a + b steps at worst; the cap is for the type of loop, not for any real input.
  for (let m = 1; m < 1_000_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    const factor = d * c;
    fraction *= factor;
    if (Math.abs(factor - 1) < 1e-14) break;
  }
  return Math.min(1, front * fraction);
}

function nonZero(value: number): number {
  return Math.abs(value) < 1e-300 ? 1e-300 : value;
}
