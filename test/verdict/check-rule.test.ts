import { describe, expect, it } from 'vitest';
import { checkRule, type KnownNames } from '../../src/verdict/check-rule.js';
import { parseRule } from '../../src/verdict/rule.js';

const known: KnownNames = {
  backends: ['127.0.0.1:8001', '127.0.0.1:8002'],
  requests: ['chat', 'completions'],
  runs: ['round_robin', 'least_conn'],
};

function check(text: string, names: KnownNames = known) {
  const parsed = parseRule(text);
  if (!parsed.ok) throw new Error(parsed.message);
  const checked = checkRule(parsed.value, names);
  return checked.ok ? 'ok' : `${checked.message} (${checked.hint})`;
}

describe('checkRule', () => {
  it.each(['skew < 5%', 'share{backend=127.0.0.1:8001} > 40%', 'p99{request=chat, run=least_conn} < 1s'])(
    'accepts %s',
    (text) => {
      expect(check(text)).toBe('ok');
    },
  );

  it('refuses unknown names, suggests the near one and lists the known ones', () => {
    expect(check('share{backend=127.0.0.1:8003} > 40%')).toBe(
      'expected a known backend, got "127.0.0.1:8003" (did you mean "127.0.0.1:8001"? known are "127.0.0.1:8001", "127.0.0.1:8002")',
    );
    expect(check('p99{request=chta} < 1s')).toContain('did you mean "chat"?');
    expect(check('p99{run=ip_hash} < 1s')).toBe(
      'expected a known run, got "ip_hash" (known are "round_robin", "least_conn")',
    );
  });

  it('lists at most ten names', () => {
    const runs = Array.from({ length: 12 }, (_, index) => `run${index}`);
    expect(check('p99{run=x} < 1s', { ...known, runs })).toMatch(/"run9", 2 more\)$/);
  });

  it('does not check backends that nobody knows beforehand', () => {
    expect(check('share{backend=10.0.0.1:80} > 40%', { requests: [], runs: [] })).toBe('ok');
  });

  it('refuses, before the run, response time by request in the open model', () => {
    const open: KnownNames = { ...known, model: 'open' };
    expect(check('p99{request=chat} < 1s', open)).toContain('(write service.p99{request=chat} < 1s)');
    expect(check('response.p99{request=chat} < 1s', open)).toContain(
      '(write service.p99{request=chat} < 1s)',
    );
    expect(check('service.p99{request=chat} < 1s', open)).toBe('ok');
    expect(check('p99 < 1s', open)).toBe('ok');
  });
});
