import { describe, expect, it } from 'vitest';
import { checkAbortable } from '../../src/verdict/abort.js';
import { parseRule } from '../../src/verdict/rule.js';

function check(text: string, model: 'closed' | 'open' = 'closed') {
  const rule = parseRule(text);
  if (!rule.ok) throw new Error(rule.message);
  return checkAbortable(rule.value, model);
}

describe('checkAbortable', () => {
  it.each(['errors < 10%', 'skew <= 5%', 'p99 < 1s', 'service.p99 < 1s', 'errors{run=least_conn} < 1%'])(
    'takes %s',
    (text) => {
      expect(check(text).ok).toBe(true);
    },
  );

  it.each([
    ['p50 < 1s', 'expected a metric that is known while the run goes on, got another with abortOnFail'],
    ['rps > 100', 'expected a metric that is known while the run goes on, got another with abortOnFail'],
    [
      'connect.p99 < 1s',
      'expected a metric that is known while the run goes on, got another with abortOnFail',
    ],
    [
      'errors{backend=a} < 1%',
      'expected a rule over all requests and backends with abortOnFail, got a selector',
    ],
    ['errors > 1%', 'expected an upper limit with abortOnFail, got another'],
    ['p99 < baseline', 'expected an upper limit with abortOnFail, got another'],
  ])('refuses %s', (text, message) => {
    expect(check(text)).toMatchObject({ ok: false, message });
  });

  it('takes only service time in the open model, where response time is not known on the way', () => {
    expect(check('service.p99 < 1s', 'open').ok).toBe(true);
    expect(check('p99 < 1s', 'open')).toMatchObject({ ok: false, hint: 'write service.p99 < 1s' });
  });
});
