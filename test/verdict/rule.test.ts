import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Rule } from '../../src/model/rule.js';
import { parseRule } from '../../src/verdict/rule.js';

function rule(text: string): Rule {
  const parsed = parseRule(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.message}`);
  return parsed.value;
}

function failure(text: string): { message: string; hint?: string | undefined; offset?: number | undefined } {
  const parsed = parseRule(text);
  if (parsed.ok) throw new Error(`${text} should not parse`);
  return parsed;
}

describe('parseRule', () => {
  it('reads metric, operator and limit', () => {
    expect(rule(' skew < 5% ')).toEqual({
      text: 'skew < 5%',
      metric: { figure: 'skew' },
      selectors: { backend: undefined, request: undefined, run: undefined },
      operator: '<',
      limit: { kind: 'value', value: 0.05 },
    });
  });

  it.each([
    ['p99 < 250ms', 'response', { percentile: 99 }, 250],
    ['p50<1.5s', 'response', { percentile: 50 }, 1500],
    ['p97.5 < 2m', 'response', { percentile: 97.5 }, 120_000],
    ['p999 < 900us', 'response', { percentile: 99.9 }, 0.9],
    ['p9999 < 900\u00b5s', 'response', { percentile: 99.99 }, 0.9],
    ['p9999 < 900\u03bcs', 'response', { percentile: 99.99 }, 0.9],
    ['p100 < 1 s', 'response', { percentile: 100 }, 1000],
    ['median <= 20ms', 'response', { percentile: 50 }, 20],
    ['service.p99 < 250ms', 'service', { percentile: 99 }, 250],
    ['connect.max < 10ms', 'connect', 'max', 10],
    ['ttfb.mean < 10ms', 'ttfb', 'mean', 10],
    ['response.min > 1ms', 'response', 'min', 1],
  ])('reads the time %s in milliseconds', (text, family, statistic, value) => {
    const parsed = rule(text);
    expect(parsed.metric).toEqual({ family, statistic });
    expect(parsed.limit.kind === 'value' && parsed.limit.value).toBeCloseTo(value, 10);
  });

  it.each([
    ['errors < 0.1%', 0.001],
    ['errors <= 0', 0],
    ['errors < .5 %', 0.005],
    ['skew < 150%', 1.5],
    ['jain > 0.99', 0.99],
    ['rps > 200', 200],
    ['rps >= 200/s', 200],
    ['moved-keys <= 26%', 0.26],
  ])('reads the limit of %s', (text, value) => {
    expect(rule(text).limit).toEqual({ kind: 'value', value });
  });

  it.each([
    ['rps > baseline', 1],
    ['p99 < baseline * 1.1', 1.1],
    ['p99 < baseline*110%', 1.1],
  ])('reads the baseline limit of %s', (text, factor) => {
    expect(rule(text).limit).toEqual({ kind: 'baseline', factor });
  });

  it.each([
    ['share{backend=127.0.0.1:8001} > 55%', { backend: '127.0.0.1:8001' }],
    ['share { backend = [::1]:8001 } > 55%', { backend: '[::1]:8001' }],
    ['share{backend=unix:/run/a b.sock} > 55%', { backend: 'unix:/run/a b.sock' }],
    [
      'p99{request=chat, run=hash $request_uri consistent} < 1s',
      { request: 'chat', run: 'hash $request_uri consistent' },
    ],
    ['p99{request=POST /completions?user={1..500}} < 1s', { request: 'POST /completions?user={1..500}' }],
    ['p99{request=a, b and c} < 1s', { request: 'a, b and c' }],
    ['p99{request="a, run=b}"} < 1s', { request: 'a, run=b}' }],
    ['p99{request="say \\"hi\\"", run=x} < 1s', { request: 'say "hi"', run: 'x' }],
    ['p99{run=random two least_conn} < 1s', { run: 'random two least_conn' }],
  ])('reads the selectors of %s', (text, selectors) => {
    expect(rule(text).selectors).toEqual({
      backend: undefined,
      request: undefined,
      run: undefined,
      ...selectors,
    });
  });

  it.each([
    ['', 'expected a metric, got ""', 0],
    ['skwe < 5%', 'expected a metric, got "skwe"', 0],
    ['  p101 < 5ms', 'expected a metric, got "p101"', 2],
    ['p0 < 5ms', 'expected a metric, got "p0"', 0],
    ['wait.p99 < 5ms', 'expected a metric, got "wait.p99"', 0],
    ['toString < 5%', 'expected a metric, got "toString"', 0],
    ['skew 5%', 'expected <, <=, > or >=, got "5%"', 5],
    ['skew', 'expected <, <=, > or >=, got the end of the rule', 4],
    ['skew == 5%', 'expected <, <=, > or >=, got "=="', 5],
    ['skew <', 'expected a percentage such as 5% or 0.05, got nothing', 6],
    ['skew < 5ms', 'expected a percentage such as 5% or 0.05, got "5ms"', 7],
    ['skew < 5', 'expected a percentage or a ratio from 0 to 1, got "5"', 7],
    ['skew < -5%', 'expected a percentage such as 5% or 0.05, got "-5%"', 7],
    ['jain >= 1.2', 'expected an index from 0 to 1, got "1.2"', 8],
    ['jain > 120%', 'expected an index from 0 to 1, got "120%"', 7],
    ['errors < 101%', 'expected at most 100%, got "101%"', 9],
    ['p99 < 250', 'expected a time with its unit, got "250"', 6],
    ['p99 < 250toString', 'expected a time such as 250ms or 1.5s, got "250toString"', 6],
    ['p99 < 5%', 'expected a time such as 250ms or 1.5s, got "5%"', 6],
    ['rps > 200ms', 'expected requests per second such as 200 or 200/s, got "200ms"', 6],
    ['p99 < baseline * 0', 'expected a factor above 0 after "baseline *", got "0"', 6],
    ['p99 < baseline * fast', 'expected a factor above 0 after "baseline *", got "fast"', 6],
    ['p99 < 5ms and more', 'expected a time such as 250ms or 1.5s, got "5ms and more"', 6],
    ['share > 55%', 'expected share{backend=…}, got share of no backend', 0],
    ['skew{backend=a} < 5%', 'expected a selector that skew can be narrowed by, got backend', 4],
    [
      'connect.p99{request=a} < 5ms',
      'expected a selector that connect.p99 can be narrowed by, got request',
      11,
    ],
    ['p99{backend=a, request=b} < 5ms', 'expected backend or request, got both', 3],
    ['p99{bakend=a} < 5ms', 'expected a selector such as backend=127.0.0.1:8001, got "bakend"', 4],
    ['p99{} < 5ms', 'expected a selector such as backend=127.0.0.1:8001, got nothing', 4],
    ['p99{chat} < 5ms', 'expected a selector such as backend=127.0.0.1:8001, got "chat"', 4],
    ['p99{run=} < 5ms', 'expected a name after run=, got nothing', 4],
    ['p99{run=a, run=b} < 5ms', 'expected one run selector, got two', 10],
    ['p99{run=a < 5ms', 'expected } to close the selectors, got the end of the rule', 3],
  ])('refuses %j', (text, message, offset) => {
    expect(failure(text)).toMatchObject({ message, offset });
  });

  it('suggests the metric that was probably meant and lists the known ones', () => {
    expect(failure('skwe < 5%').hint).toMatchInlineSnapshot(
      `"did you mean "skew"? known are rps, errors, status, skew, inflight-skew, share, retries, unattributed, jain, cv, moved-keys, mispredicted, token-skew, prompt-skew, held-skew, goodput, cached, affinity, truncated, tokens, tokens-in, p50, p90, p99, p99.9, min, mean, median, max, any other percentile, and the times with response., service., ttfb., first-byte-body., connect., lag., ttft., ttft-response., ttft-answer., gap., stall., tpot., e2e. in front"`,
    );
    expect(failure('zzzzzz < 5%').hint).not.toContain('did you mean');
  });

  it('says which unit a time lacks and which percentage a bare number may be', () => {
    expect(failure('p99 < 250').hint).toBe('write 250ms or 250s');
    expect(failure('skew < 5').hint).toBe('write 5%, or 500% if that is meant');
    expect(failure('errors < 5').hint).toBe('write 5%');
  });

  it('keeps control characters of a rule out of its messages', () => {
    expect(failure('skew < \u001b[31m5%').message).not.toContain('\u001b');
  });

  it('never throws and always blames a place inside the text', () => {
    const fragment = fc.constantFrom(
      'p99',
      'skew',
      'share',
      '{',
      '}',
      'run=',
      '"',
      ',',
      ' ',
      '<',
      '>=',
      '5',
      '%',
      'ms',
      'baseline',
      '*',
      '\\',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(fragment, fc.string()), { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        const parsed = parseRule(text);
        if (!parsed.ok) {
          expect(parsed.offset).toBeGreaterThanOrEqual(0);
          expect(parsed.offset).toBeLessThanOrEqual(text.length);
        }
      }),
    );
  });

  it('reads back any name that is written as a JSON string', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (name) => {
        expect(rule(`p99{request=${JSON.stringify(name)}} < 1s`).selectors.request).toBe(name);
      }),
    );
  });
});
