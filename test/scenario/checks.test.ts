import { describe, expect, it } from 'vitest';
import { faultsOf, planOf } from './load-text.js';

const scenario = (check: string, more = '') =>
  `target: http://h\n${more}\nrequests: [{ path: /, check: ${check} }]`;

describe('the checks of a request', () => {
  it('are made in the order status, headers, body', () => {
    const [request] = planOf(
      scenario('{ body: { /error: null, /model: "/^gpt/" }, header: { X-Cache: HIT }, status: [200, 4xx] }'),
    ).requests;
    expect(request?.checks).toEqual([
      { name: 'status is 200 or 4xx', test: { of: 'status', statuses: ['200', '4xx'] } },
      {
        name: 'header x-cache is "HIT"',
        test: { of: 'header', header: 'x-cache', value: { is: 'equal', text: 'HIT' } },
      },
      {
        name: 'body /error is null',
        test: { of: 'json', pointer: '/error', value: { is: 'json', value: null } },
      },
      {
        name: 'body /model matches /^gpt/',
        test: { of: 'json', pointer: '/model', value: { is: 'matching', pattern: '^gpt', flags: '' } },
      },
    ]);
  });

  it('make no error of the statuses that they ask for, unless the request says so', () => {
    const errorsOf = (text: string) => planOf(text).requests[0]?.errors;
    expect(errorsOf(scenario('{ status: 404 }', 'errors: { 4xx: error }'))).toEqual([
      { status: '404', isError: false },
      { status: '4xx', isError: true },
    ]);
    const own = 'target: http://h\nrequests: [{ path: /, check: { status: 404 }, errors: { 404: error } }]';
    expect(errorsOf(own)?.[0]).toEqual({ status: '404', isError: true });
  });

  it.each([
    ['{ status: 42 }', 'requests[0].check.status: expected an integer of at least 100, got 42'],
    ['{ status: fine }', 'requests[0].check.status: expected a status such as 200 or 2xx, got "fine"'],
    ['{ body: "/(?=a)/" }', 'requests[0].check.body: expected a regular expression that takes linear time'],
    ['{ body: { error: null } }', 'expected a JSON pointer such as /server'],
    ['{ header: { "a b": c } }', 'expected a header name such as X-Request-Id, got "a b"'],
    ['{ latency: 5 }', 'requests[0].check.latency: expected a known key, got "latency"'],
  ])('refuse %s', (check, message) => {
    expect(faultsOf(scenario(check)).join('\n')).toContain(message);
  });
});
