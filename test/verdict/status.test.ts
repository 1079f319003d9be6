import { describe, expect, it } from 'vitest';
import type { RunReport } from '../../src/model/report.js';
import { judge } from '../../src/verdict/evaluate.js';
import { parseRule, parseRules } from '../../src/verdict/rule.js';
import { run, summary } from './run-fixture.js';

const times = (p99: number) => ({
  responseMs: summary({ p99 }),
  serviceMs: summary({ p99: p99 + 1 }),
  ttfbMs: summary({ p99: p99 + 2 }),
});
/** 985 × 200 and 5 × 503 in 990 responses to 1000 requests. */
const judged = run({
  successes: { count: 985, rps: 197, ...times(120) },
  byStatus: [
    { status: '200', count: 985, ...times(120) },
    { status: '5xx', count: 5, ...times(9) },
    { status: '500', count: 2, ...times(8) },
    { status: '503', count: 3, ...times(7) },
  ],
});

function resultOf(rule: string, of: RunReport = judged) {
  return judge(parseRules([rule], 'rule'), [of]).thresholds[0];
}

describe('a rule about a status', () => {
  it.each([
    ['p99{status=2xx} < 1s', 120],
    ['p99{status=200} < 1s', 120],
    ['p99{status=ok} < 1s', 120],
    ['service.p99{status=5xx} < 1s', 10],
    ['ttfb.p99{status=503} < 1s', 9],
    ['rps{status=5xx} < 10', 1],
    ['rps{status=ok} > 100', 197],
    ['status{code=503} < 1%', 0.005],
    ['status{code=5xx} < 1%', 0.005],
    ['status{code=429} < 1%', 0],
    ['status{code=2xx} > 90%', 0.985],
    ['status{code=503, backend=127.0.0.1:8001} < 1%', 0.005],
  ])('reads %s', (rule, value) => {
    expect(resultOf(rule)).toMatchObject({ value, verdict: 'pass' });
  });

  it('has no data where no response was of it, and where an older report keeps nothing by status', () => {
    expect(resultOf('p99{status=404} < 1s')).toMatchObject({
      verdict: 'no-data',
      note: 'no response of this status',
    });
    expect(resultOf('p99{status=2xx} < 1s', run())).toMatchObject({
      verdict: 'no-data',
      note: 'not kept by status',
    });
  });

  it.each([
    ['p99{status=20} < 1s', 'expected a status such as 429 or 5xx after status=, got "20"'],
    ['status{code=ok} < 1%', 'expected a status such as 429 or 5xx after code=, got "ok"'],
    ['status < 1%', 'expected status{code=…}, got status of no code'],
    ['skew{status=2xx} < 5%', 'expected a selector that skew can be narrowed by, got status'],
    ['p99{code=429} < 1s', 'expected a selector that p99 can be narrowed by, got code'],
    ['p99{status=2xx, backend=a} < 1s', 'expected backend or status, got both'],
    ['connect.p99{status=2xx} < 1s', 'expected a selector that connect.p99 can be narrowed by, got status'],
  ])('refuses %s', (rule, message) => {
    expect(parseRule(rule)).toMatchObject({ ok: false, message });
  });
});
