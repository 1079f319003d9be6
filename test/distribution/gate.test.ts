import { describe, expect, it } from 'vitest';
import { judgeSpread } from '../../src/distribution/spread.js';
import type { Verdict } from '../../src/model/report.js';
import { binomialProbability } from '../../src/stats/binomial-probability.js';
import { judge } from '../../src/verdict/evaluate.js';
import { parseRules } from '../../src/verdict/rule.js';
import { seededRandom } from '../stats/seeded-random.js';
import { run } from '../verdict/run-fixture.js';

/** The whole way of a gate: counts -> spread -> verdict. Backends are a, b, c, … */
function gate(
  counts: readonly number[],
  weights: readonly number[],
  rule = 'skew < 5%',
): Verdict | undefined {
  const seen = counts.map((count, index) => ({
    address: String.fromCharCode(97 + index),
    count,
    weight: weights[index],
  }));
  const { distribution, shares } = judgeSpread(seen);
  const [like] = run().backends;
  if (like === undefined) throw new Error('the fixture has backends');
  const backends = seen.map((backend, index) => ({ ...like, ...backend, ...shares[index] }));
  return judge(parseRules([rule], 'rule'), [run({ unattributed: 0, distribution, backends })]).verdict;
}

/** How often each verdict falls in 1,000 runs of a balancer that draws by `shares` while `weights` are expected. */
function verdictsOf(
  requests: number,
  shares: readonly number[],
  weights: readonly number[],
  seed: number,
  rule?: string,
) {
  const random = seededRandom(seed);
  const tally = { none: 0, pass: 0, fail: 0, inconclusive: 0, 'no-data': 0 };
  for (let trial = 0; trial < 1000; trial++) {
    const counts = shares.map(() => 0);
    for (let request = 0; request < requests; request++) {
      let left = random();
      let chosen = 0;
      while (chosen < shares.length - 1 && left >= (shares[chosen] ?? 0)) left -= shares[chosen++] ?? 0;
      counts[chosen] = (counts[chosen] ?? 0) + 1;
    }
    tally[gate(counts, weights, rule) ?? 'none']++;
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

describe('a gate of the other figures of the spread', () => {
  // 45 % of 100 fair requests are missed 1 time in 5, 5 % of variation by 200 in more than half of all runs.
  it.each([
    ['cv < 5%', 200],
    ['jain > 0.999', 200],
    ['share{backend=a} > 45%', 100],
    ['share{backend=a} < 55%', 100],
    ['share{backend=a} >= 50%', 1000],
  ])(
    '%s fails a fair random balancer of two less than 1 time in 100 at %d requests: exactly',
    (rule, requests) => {
      let risk = 0;
      let broken = 0;
      for (let first = 0; first <= requests; first++) {
        const verdict = gate([first, requests - first], [1, 1], rule);
        if (verdict !== 'pass') broken += binomialProbability(first, requests, 0.5);
        if (verdict === 'fail') risk += binomialProbability(first, requests, 0.5);
      }
      expect(broken).toBeGreaterThan(0.1);
      expect(risk).toBeLessThan(0.01);
    },
  );

  it.each([
    ['cv < 5%', 200, [3, 2]],
    ['cv < 5%', 500, [1, 1, 1, 1]],
    ['jain > 0.999', 500, [5, 3, 1]],
    ['share{backend=c} > 10%', 200, [5, 3, 1]],
    ['share{backend=a} < 30%', 200, [1, 1, 1, 1]],
  ])(
    '%s fails no more than 1 in 100 fair runs of %d requests at weights %j, as far as 1,000 tell',
    (rule, requests, weights) => {
      const sum = weights.reduce((total, weight) => total + weight, 0);
      const shares = weights.map((weight) => weight / sum);
      // At a risk of 1 in 100 more than 20 come 1 time in 600.
      expect(verdictsOf(requests, shares, weights, 5, rule).fail).toBeLessThanOrEqual(20);
    },
  );

  it.each(['cv < 5%', 'jain > 0.99', 'share{backend=b} > 45%', 'share{backend=a} < 55%'])(
    '%s fails a true split of 60 to 40 nearly every time at 3,000 requests',
    (rule) => {
      expect(verdictsOf(3000, [0.6, 0.4], [1, 1], 6, rule).fail).toBeGreaterThanOrEqual(999);
    },
  );

  it('holds a share to the limit itself where the weights break the rule', () => {
    // A half is expected, 40 % asked for: what must be disproved is 40 %, or no number of requests would decide it.
    expect(verdictsOf(3000, [0.5, 0.5], [1, 1], 7, 'share{backend=a} < 40%').fail).toBe(1000);
    expect(verdictsOf(100, [0.4, 0.6], [1, 1], 8, 'share{backend=a} < 40%').fail).toBeLessThan(10);
  });
});
