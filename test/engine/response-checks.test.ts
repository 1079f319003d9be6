import { describe, expect, it } from 'vitest';
import { type Answer, ResponseChecks } from '../../src/engine/response-checks.js';
import type { CheckTest } from '../../src/model/plan.js';

const answer = (body: string, headers: Record<string, string[]> = {}): Answer => ({
  valuesOf: (name) => headers[name] ?? [],
  text: () => body,
});

const holds = (test: CheckTest, of: Answer, status = 200) =>
  new ResponseChecks([{ name: 'one', test }], 0).failed(status, of) < 0;

const json = (pointer: string, value: string | number | boolean | null): CheckTest => ({
  of: 'json',
  pointer,
  value: { is: 'json', value },
});

describe('the checks of a response', () => {
  it.each([
    [['200'], 200, true],
    [['200', '4xx'], 404, true],
    [['2xx'], 204, true],
    [['200'], 204, false],
  ])('of status %j: %i is right: %s', (statuses, status, isRight) => {
    expect(holds({ of: 'status', statuses }, answer(''), status)).toBe(isRight);
  });

  it.each([
    ['/error', null, '{"answer": 42}', true],
    ['/error', null, '{"error": null}', true],
    ['/error', null, '{"error": {"code": 1}}', false],
    ['/error', null, 'no JSON', false],
    ['/a/0/b', 7, '{"a": [{"b": 7}]}', true],
    ['/a/0/b', 7, '{"a": [{"b": "7"}]}', false],
    ['/done', true, '{"done": true}', true],
    ['/a/length', 1, '{"a": [0]}', false],
    ['/constructor', null, '{}', true],
  ])('of what %s leads to, %j: of %s: %s', (pointer, value, body, isRight) => {
    expect(holds(json(pointer, value), answer(body))).toBe(isRight);
  });

  it('of texts: what a value is, what a body contains, what either matches', () => {
    const type = { 'content-type': ['text/html', 'application/json'] };
    const header = (value: Extract<CheckTest, { of: 'header' }>['value']): CheckTest => ({
      of: 'header',
      header: 'content-type',
      value,
    });
    const body = (value: Extract<CheckTest, { of: 'body' }>['value']): CheckTest => ({ of: 'body', value });
    expect(holds(header({ is: 'equal', text: 'application/json' }), answer('', type))).toBe(true);
    expect(holds(header({ is: 'equal', text: 'json' }), answer('', type))).toBe(false);
    expect(holds(header({ is: 'matching', pattern: 'JSON$', flags: 'i' }), answer('', type))).toBe(true);
    expect(holds(header({ is: 'equal', text: '' }), answer(''))).toBe(false);
    expect(holds(body({ is: 'containing', text: 'well' }), answer('all is well.'))).toBe(true);
    expect(holds(body({ is: 'matching', pattern: '^well', flags: '' }), answer('all is well.'))).toBe(false);
    const model = { is: 'matching', pattern: '^gpt', flags: '' } as const;
    expect(holds({ of: 'json', pointer: '/model', value: model }, answer('{"model":"gpt-5"}'))).toBe(true);
    expect(holds({ of: 'json', pointer: '/model', value: model }, answer('{"model":null}'))).toBe(false);
  });

  it('takes time in proportion to the body, whatever the expression', () => {
    const evil: CheckTest = { of: 'body', value: { is: 'matching', pattern: '(a+)+$', flags: '' } };
    expect(holds(evil, answer(`${'a'.repeat(200_000)}!`))).toBe(false);
  });

  it('names the first that fails, by its number in the run, and asks an engine without bodies for statuses only', () => {
    const status: CheckTest = { of: 'status', statuses: ['200'] };
    const checks = new ResponseChecks(
      [
        { name: 'a', test: status },
        { name: 'b', test: json('/error', null) },
      ],
      7,
    );
    expect(checks.failed(200, answer('{"error":1}'))).toBe(8);
    expect(checks.failed(204, answer('{"error":1}'))).toBe(7);
    expect(checks.failed(200, answer('{}'))).toBe(-1);
    expect([checks.failed(200, undefined), checks.failed(204, undefined)]).toEqual([-1, 7]);
  });
});
