import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { amongThemselves, hiddenSkew, hiddenSpread } from '../../src/figures/hidden.js';
import type { BackendReport, RunReport } from '../../src/model/report.js';
import { coefficientOfVariation } from '../../src/stats/coefficient-of-variation.js';
import { jainIndex } from '../../src/stats/jain-index.js';
import { LatencyHistogram, prepareHistograms } from '../../src/tally/latency-histogram.js';
import { judge as judgeRules } from '../../src/verdict/evaluate.js';
import { parseRules } from '../../src/verdict/rule.js';
import { run } from './run-fixture.js';

beforeAll(prepareHistograms);

/** 1,000 responses of 1 to 1,000 ms over two equal backends, none of them an error, and so many requests lost. */
function withLost(lost: number, counts = [500, 500]): RunReport {
  const histogram = new LatencyHistogram();
  for (let ms = 1; ms <= 1000; ms++) histogram.record(ms * 1000);
  const responseMs = histogram.summary();
  histogram.release();
  const base = run();
  return run({
    responseMs,
    unattributed: 0,
    outcomes: { ...base.outcomes, started: 1000 + lost, responses: 1000, timeouts: 0, cancelled: 0, lost },
    status: { '200': 1000 },
    backends: base.backends.map((backend, index) => ({
      ...backend,
      count: counts[index] as number,
      expectedShare: 0.5,
      share: (counts[index] as number) / 1000,
    })),
    distribution: { ...base.distribution, skew: Math.abs((counts[0] as number) / 500 - 1), skewNoise: 0.08 },
  });
}

/** Responses over two equal backends, and so many of which nobody knows who served them. */
function withUnplaced(
  unattributed: number,
  counts: readonly [number, number],
  more: Partial<RunReport> = {},
) {
  const known = counts[0] + counts[1];
  const base = run();
  const shares = [0.5, 0.5];
  const perShare = counts.map((count) => count / 0.5);
  return run({
    outcomes: {
      ...base.outcomes,
      started: known + unattributed,
      responses: known + unattributed,
      timeouts: 0,
    },
    status: { '200': known + unattributed },
    backends: base.backends.map((backend, index) => ({
      ...backend,
      count: counts[index] as number,
      expectedShare: shares[index],
      share: (counts[index] as number) / known,
      meanInFlight: (counts[index] as number) / 100,
    })),
    unattributed,
    distribution: {
      ...base.distribution,
      skew: Math.abs(counts[0] / known / 0.5 - 1),
      inFlightSkew: Math.abs(counts[0] / known / 0.5 - 1),
      skewNoise: 0.01,
      coefficientOfVariation: coefficientOfVariation(perShare),
      jainIndex: jainIndex(perShare),
    },
    ...more,
  });
}

function judged(rule: string, one: RunReport, baseline?: readonly RunReport[]) {
  return judgeRules(parseRules([rule], 'rule'), [one], baseline).thresholds[0];
}

function verdictOf(rule: string, judged: RunReport): string | undefined {
  return judgeRules(parseRules([rule], 'rule'), [judged]).thresholds[0]?.verdict;
}

describe('a verdict over lost requests', () => {
  it.each([
    // At worst 5 of 1,005 are errors.
    ['errors < 1%', 5, 'pass'],
    ['errors < 0.1%', 5, 'inconclusive'],
    // p90 of 1,000 is 900 ms; with 5 more, all slower or all faster, it is 904.5 or 899.5.
    ['p90 < 920ms', 5, 'pass'],
    ['p90 < 902ms', 5, 'inconclusive'],
    ['p90 < 890ms', 5, 'fail'],
    // 20 of 1,020 could lie above any limit.
    ['p99 < 100s', 20, 'inconclusive'],
    ['rps > 100', 20, 'pass'],
    ['rps < 100', 20, 'fail'],
    ['mean < 10s', 1, 'inconclusive'],
    ['share{backend=127.0.0.1:8001} < 60%', 1, 'pass'],
    ['share{backend=127.0.0.1:8001} < 50.02%', 1, 'inconclusive'],
    ['p99{backend=127.0.0.1:8001} < 10s', 1, 'inconclusive'],
  ])('%s with %i lost is %s', (rule, lost, verdict) => {
    expect(verdictOf(rule, withLost(lost))).toBe(verdict);
    expect(verdictOf(rule, withLost(0))).not.toBe('inconclusive');
  });

  it('is none where nobody knows how many were lost', () => {
    const one = { ...withLost(0), lostBounded: false };
    expect(verdictOf('errors < 1%', one)).toBe('inconclusive');
    expect(verdictOf('p90 < 890ms', one)).toBe('inconclusive');
    expect(verdictOf('errors < 1%', { ...one, lostBounded: true })).toBe('pass');
  });

  it('of the skew counts all of them on one backend', () => {
    // 500 of 1,010 is 1 % below a half.
    expect(verdictOf('skew < 2%', withLost(10))).toBe('pass');
    expect(verdictOf('skew < 0.5%', withLost(10))).toBe('inconclusive');
    // 800 of 1,000: no 10 requests mend that.
    expect(verdictOf('skew < 20%', withLost(10, [800, 200]))).toBe('fail');
    expect(verdictOf('skew < 59%', withLost(10, [800, 200]))).toBe('inconclusive');
  });
});

describe('a verdict over responses of unknown backends', () => {
  it.each([
    // 36,000 of 40,000, the rest as even as can be: had one backend served them all, it had 38,000.
    ['skew < 5%', 36_000, [2000, 2000], 'inconclusive'],
    ['cv < 5%', 36_000, [2000, 2000], 'inconclusive'],
    ['jain > 0.95', 36_000, [2000, 2000], 'inconclusive'],
    ['inflight-skew < 5%', 36_000, [2000, 2000], 'inconclusive'],
    ['share{backend=127.0.0.1:8001} > 40%', 36_000, [2000, 2000], 'inconclusive'],
    ['skew < 91%', 36_000, [2000, 2000], 'pass'],
    // What is not of the spread is known all the same.
    ['errors < 1%', 36_000, [2000, 2000], 'pass'],
    ['rps > 100', 36_000, [2000, 2000], 'pass'],
    // All 10 on one: 510 of 1,010.
    ['skew < 1%', 10, [500, 500], 'pass'],
    ['skew < 0.9%', 10, [500, 500], 'inconclusive'],
    ['cv < 1%', 10, [500, 500], 'pass'],
    ['cv < 0.9%', 10, [500, 500], 'inconclusive'],
    ['jain > 0.9999', 10, [500, 500], 'pass'],
    ['jain > 0.99991', 10, [500, 500], 'inconclusive'],
    ['share{backend=127.0.0.1:8001} < 50.5%', 10, [500, 500], 'pass'],
    ['share{backend=127.0.0.1:8001} < 50.4%', 10, [500, 500], 'inconclusive'],
    // The other way round: 100 more could have made 450 of 550.
    ['skew < 21%', 100, [600, 300], 'inconclusive'],
    ['skew < 19%', 100, [600, 300], 'fail'],
    ['cv < 21%', 100, [600, 300], 'inconclusive'],
    ['cv < 19%', 100, [600, 300], 'fail'],
    ['unattributed < 5%', 36_000, [2000, 2000], 'fail'],
  ] as const)('%s with %i unknown beside %j is %s', (rule, unattributed, counts, verdict) => {
    expect(judged(rule, withUnplaced(unattributed, counts))?.verdict).toBe(verdict);
  });

  it('takes time in flight to be at most that of the longest response', () => {
    // One response of 100 ms in 5 s is 0.02 in flight, beside 5 and 5.
    expect(judged('inflight-skew < 1%', withUnplaced(1, [500, 500]))?.verdict).toBe('pass');
    expect(judged('inflight-skew < 0.1%', withUnplaced(1, [500, 500]))?.verdict).toBe('inconclusive');
  });

  it('says how many they are, and where the figure may lie', () => {
    expect(judged('skew < 5%', withUnplaced(36_000, [2000, 2000]))?.note).toBe(
      'which backend served 36,000 of 40,000 responses is not known: skew may be anything from 0 % to 90.0 %',
    );
  });

  it('does not doubt what certainly no backend served', () => {
    expect(judged('skew < 5%', withUnplaced(900, [500, 500], { noBackendLeft: 900 }))?.verdict).toBe('pass');
    expect(judged('skew < 5%', withUnplaced(0, [500, 500], { notProxied: 900 }))?.verdict).toBe('pass');
  });

  it('counts what was shared with a backend that nothing is expected of as missing elsewhere', () => {
    const [first, second] = withUnplaced(0, [500, 500]).backends;
    const stranger = { ...(first as BackendReport), address: '10.0.0.9:80', expectedShare: 0, count: 10 };
    const one = withUnplaced(90, [500, 500], {
      backends: [first as BackendReport, second as BackendReport, stranger],
    });
    // All 90 on the stranger: 500 of 1,100; all on one of the others: 590 of them.
    expect(judged('skew < 10%', one)?.verdict).toBe('pass');
    expect(judged('skew < 9%', one)?.verdict).toBe('inconclusive');
  });

  it('asks the same of a baseline', () => {
    const even = withUnplaced(0, [500, 500]);
    const skewed = withUnplaced(0, [600, 400]);
    const hidden = withUnplaced(36_000, [2000, 2000]);
    expect(judged('skew <= baseline', skewed, [hidden])?.verdict).toBe('inconclusive');
    expect(judged('skew <= baseline', skewed, [even])?.verdict).toBe('fail');
    expect(judged('skew <= baseline', hidden, [even])?.verdict).toBe('inconclusive');
    expect(judged('skew <= baseline', even, [even])?.verdict).toBe('pass');
  });

  it('fills the emptiest first: no other placement is more even, none more uneven than all on one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(1000), fc.integer({ min: 1, max: 9 })), { minLength: 2, maxLength: 6 }),
        fc.array(fc.nat(200), { minLength: 6, maxLength: 6 }),
        (backends, placed) => {
          const weights = backends.reduce((sum, [, weight]) => sum + weight, 0);
          const used = placed.slice(0, backends.length);
          const hidden = used.reduce((sum, n) => sum + n, 0);
          const [any] = run().backends;
          const one = run({
            backends: backends.map(([count, weight], index) => ({
              ...(any as BackendReport),
              address: String(index),
              count,
              expectedShare: weight / weights,
            })),
          });
          for (const evenness of [
            hiddenSkew,
            amongThemselves(coefficientOfVariation),
            amongThemselves(jainIndex),
          ]) {
            const loads = backends.map(([count, weight], index) => {
              return (count + (used[index] as number)) / (weight / weights);
            });
            const total = backends.reduce((sum, [count]) => sum + count, hidden);
            const value = evenness.of(loads, total);
            const { low, high } = hiddenSpread(evenness)(one, {}, hidden);
            if (value === undefined || low === undefined || high === undefined) continue;
            expect(value).toBeGreaterThanOrEqual(low - 1e-9);
            expect(value).toBeLessThanOrEqual(high + 1e-9);
          }
        },
      ),
    );
  });
});
