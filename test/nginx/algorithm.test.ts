import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Algorithm } from '../../src/model/algorithm.js';
import { formatAlgorithm, parseAlgorithm } from '../../src/nginx/algorithm.js';
import { parseTemplate } from '../../src/nginx/template.js';
import { isPrintable } from '../../src/text/shown.js';

const written: readonly (readonly [text: string, algorithm: Algorithm])[] = [
  ['round_robin', { method: 'round_robin' }],
  ['least_conn', { method: 'least_conn' }],
  ['ip_hash', { method: 'ip_hash' }],
  ['hash $request_uri', { method: 'hash', key: '$request_uri', consistent: false }],
  ['hash $request_uri consistent', { method: 'hash', key: '$request_uri', consistent: true }],
  ['hash "$host $uri"', { method: 'hash', key: '$host $uri', consistent: false }],
  ['random', { method: 'random', two: false }],
  ['random two least_conn', { method: 'random', two: true }],
];

describe('parseAlgorithm', () => {
  it.each(written)('reads %s and writes it back', (text, algorithm) => {
    expect(parseAlgorithm(text)).toEqual({ ok: true, value: algorithm });
    expect(formatAlgorithm(algorithm)).toBe(text);
  });

  it('takes random two for random two least_conn, as nginx does', () => {
    expect(parseAlgorithm('random two')).toEqual(parseAlgorithm('random two least_conn'));
  });

  it.each([
    ['', 'expected a balancing method, got nothing'],
    ['roundrobin', 'expected a balancing method, got "roundrobin"'],
    ['least_time header', 'expected a method of open-source nginx, got "least_time"'],
    ['sticky cookie srv_id', 'expected a method of open-source nginx, got "sticky"'],
    ['hash', 'expected a key after hash, got nothing'],
    ['hash $uri ketama', 'expected "consistent" or nothing after the key, got "ketama"'],
    ['hash $uri consistent x', 'expected nothing after consistent, got "x"'],
    ['random three', 'expected "two" or nothing after random, got "three"'],
    [
      'random two least_time=header',
      'expected "least_conn" or nothing after random two, got "least_time=header"',
    ],
    ['least_conn 2', 'expected nothing after least_conn, got "2"'],
  ])('refuses %j and lists the methods', (text, message) => {
    expect(parseAlgorithm(text)).toMatchObject({
      ok: false,
      message,
      hint: expect.stringContaining('ip_hash'),
    });
  });

  it.each([
    ['hash $', 'expected a variable name after "$", got ""'],
    ['hash a$-b', 'expected a variable name after "$", got "-b"'],
    [`hash $${'{uri'}`, 'expected a variable name after "$", got "{uri"'],
  ])('refuses the key of %j, as nginx does', (text, message) => {
    expect(parseAlgorithm(text)).toMatchObject({ ok: false, message });
  });

  it.each([
    'hash $uri; server 6.6.6.6',
    'hash $uri { }',
    'hash a } http {',
    'hash "a\nb"',
    'hash "a\\nb"',
    'hash $uri # x',
  ])('lets nothing but words through: %j', (text) => {
    expect(parseAlgorithm(text).ok).toBe(false);
  });

  it('reads back every key it writes', () => {
    const key = fc.string({ unit: 'grapheme' }).filter((text) => isPrintable(text) && parseTemplate(text).ok);
    fc.assert(
      fc.property(key, fc.boolean(), (text, consistent) => {
        const algorithm: Algorithm = { method: 'hash', key: text, consistent };
        expect(parseAlgorithm(formatAlgorithm(algorithm))).toEqual({ ok: true, value: algorithm });
      }),
    );
  });
});
