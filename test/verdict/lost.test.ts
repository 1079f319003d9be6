import { beforeAll, describe, expect, it } from 'vitest';
import type { RunReport } from '../../src/model/report.js';
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
    ['share{backend=127.0.0.1:8001} < 60%', 1, 'inconclusive'],
  ])('%s with %i lost is %s', (rule, lost, verdict) => {
    expect(verdictOf(rule, withLost(lost))).toBe(verdict);
    expect(verdictOf(rule, withLost(0))).not.toBe('inconclusive');
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
