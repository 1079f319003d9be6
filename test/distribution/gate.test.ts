import { describe, expect, it } from 'vitest';
import { judgeSpread } from '../../src/distribution/spread.js';
import type { Verdict } from '../../src/model/report.js';
import { binomialProbability } from '../../src/stats/binomial-probability.js';
import { evaluate } from '../../src/verdict/evaluate.js';
import { parseRule } from '../../src/verdict/rule.js';
import { seededRandom } from '../stats/seeded-random.js';
import { run } from '../verdict/run-fixture.js';

/** The whole way of a gate: counts -> spread -> verdict of `skew < 5%`. */
function gate(counts: readonly number[], weights: readonly number[]): Verdict | undefined {
  const rule = parseRule('skew < 5%');
  if (!rule.ok) throw new Error(rule.message);
  const { distribution } = judgeSpread(
    counts.map((count, index) => ({ address: `127.0.0.1:${8001 + index}`, count, weight: weights[index] })),
  );
  return evaluate([rule.value], [run({ distribution })], { percentileOf: () => undefined })[0]?.verdict;
}

/** How often each verdict falls in 1,000 runs of a balancer that draws by `shares` while `weights` are expected. */
function verdictsOf(requests: number, shares: readonly number[], weights: readonly number[], seed: number) {
  const random = seededRandom(seed);
  const tally = { pass: 0, fail: 0, inconclusive: 0, 'no-data': 0 };
  for (let trial = 0; trial < 1000; trial++) {
    const counts = shares.map(() => 0);
    for (let request = 0; request < requests; request++) {
      let left = random();
      let chosen = 0;
      while (chosen < shares.length - 1 && left >= (shares[chosen] ?? 0)) left -= shares[chosen++] ?? 0;
      counts[chosen] = (counts[chosen] ?? 0) + 1;
    }
    const verdict = gate(counts, weights);
    if (verdict !== undefined) tally[verdict]++;
  }
  return tally;
}

describe('a gate of skew < 5 %', () => {
  it.each([6, 20, 200, 1000, 10_000])(
    'fails a fair random balancer of two less than 1 time in 100 at %d requests: exactly, over all outcomes',
    (requests) => {
      let risk = 0;
      for (let first = 0; first < requests / 2; first++) {
        if (gate([first, requests - first], [1, 1]) === 'fail') {
          risk += 2 * binomialProbability(first, requests, 0.5); // and its mirror image
        }
      }
      expect(risk).toBeLessThan(0.01);
    },
    30_000, // 5,000 whole judgements; a second on an idle machine
  );

  it.each([
    [200, [1, 1]],
    [1000, [1, 1]],
    [10_000, [1, 1]],
    [200, [3, 2]],
    [1000, [3, 2]],
    [10_000, [3, 2]],
    [200, [1, 1, 1, 1]],
    [1000, [1, 1, 1, 1]],
    [10_000, [5, 3, 1]],
  ])('fails fewer than 10 of 1,000 fair runs of %d requests at weights %j', (requests, weights) => {
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const tally = verdictsOf(
      requests,
      weights.map((weight) => weight / sum),
      weights,
      1,
    );
    expect(tally.fail).toBeLessThan(10);
    expect(tally['no-data']).toBe(0);
  });

  it('fails a true split of 60 to 40 every time at 10,000 requests', () => {
    expect(verdictsOf(10_000, [0.6, 0.4], [1, 1], 2)).toMatchObject({ fail: 1000 });
  });

  it('fails a balancer of four that starves one by a quarter every time at 10,000 requests', () => {
    expect(verdictsOf(10_000, [0.27, 0.27, 0.27, 0.19], [1, 1, 1, 1], 3)).toMatchObject({ fail: 1000 });
  });

  it('passes a fair random balancer nearly always when there are enough requests', () => {
    // Twice the minimum of 2693: a skew of 5 % is 3.67 standard deviations, 1 time in 4,000.
    expect(verdictsOf(5386, [0.5, 0.5], [1, 1], 4).pass).toBeGreaterThanOrEqual(995);
  });

  it('never passes a skew above the limit, not at 20 requests either', () => {
    const verdicts = Array.from({ length: 21 }, (_, first) => gate([first, 20 - first], [1, 1]));
    // 10 to 10 is even; up to 16 to 4 (p = 0.012) chance may be to blame, from 17 to 3 (p = 0.0026) it is not.
    expect(verdicts).toEqual([
      ...Array<Verdict>(4).fill('fail'),
      ...Array<Verdict>(6).fill('inconclusive'),
      'pass',
      ...Array<Verdict>(6).fill('inconclusive'),
      ...Array<Verdict>(4).fill('fail'),
    ]);
  });

  it('does not go red at 6 to 0 with six requests, which a working random balancer shows 1 time in 32', () => {
    expect(gate([6, 0], [1, 1])).toBe('inconclusive');
    expect(gate([8, 0], [1, 1])).toBe('fail'); // 1 time in 128
  });

  it('has no data without responses', () => {
    expect(gate([0, 0], [1, 1])).toBe('no-data');
  });
});
