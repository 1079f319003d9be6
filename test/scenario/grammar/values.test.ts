import { describe, expect, it } from 'vitest';
import { parseBodyAttribution } from '../../../src/scenario/grammar/body-attribution.js';
import { parseHeaderValue, parseMethod } from '../../../src/scenario/grammar/http-field.js';
import {
  parseCount,
  parseDuration,
  parsePositiveDuration,
  parseRate,
} from '../../../src/scenario/grammar/quantity.js';
import { encodePath, parseRequestPath } from '../../../src/scenario/grammar/request-path.js';
import { familyOf, parseSourceAddresses } from '../../../src/scenario/grammar/source-addresses.js';

describe('durations', () => {
  it.each([
    ['20ms', 20],
    ['30s', 30_000],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['1.1s', 1100],
    ['0.25ms', 0.25],
    ['0s', 0],
    ['596h', 2_145_600_000],
    ['1m30s', 90_000],
    ['1h30m', 5_400_000],
    ['2h0m1.5s', 7_201_500],
    ['1m500ms', 60_500],
    ['1s1.5ms', 1001.5],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toEqual({ ok: true, value: ms });
  });

  it.each([
    '',
    '20',
    '20 ms',
    '-1s',
    '1e3s',
    '1d',
    '5S',
    '30s1m',
    '1m1m',
    '1.5m30s',
    '1m30',
    '596h1h',
    '1m 30s',
    '.5s',
    '597h',
    '9'.repeat(30),
  ])('refuses %j', (text) => {
    expect(parseDuration(text).ok).toBe(false);
  });

  it('of zero are refused where time must pass', () => {
    expect(parsePositiveDuration('0ms')).toMatchObject({
      ok: false,
      message: 'expected a time above 0, got "0ms"',
    });
  });
});

describe('counts', () => {
  it.each([
    ['500', 500],
    ['10k', 10_000],
    ['1.5M', 1_500_000],
    ['1.001k', 1001],
  ])('%s is %d', (text, count) => {
    expect(parseCount(text, 1, 1e9)).toEqual({ ok: true, value: count });
  });

  it.each([
    ['1.0001k', 'expected an integer of at least 1, got "1.0001k"'],
    ['0k', 'expected an integer of at least 1, got "0k"'],
    ['2000M', 'expected an integer of at most 1000000000, got "2000M"'],
    ['10m', 'expected an integer of at least 1, got "10m"'],
    ['1e3', 'expected an integer of at least 1, got "1e3"'],
  ])('refuses %s', (text, message) => {
    expect(parseCount(text, 1, 1e9)).toMatchObject({ ok: false, message });
  });
});

describe('rates', () => {
  it.each([
    ['200/s', 200],
    ['90/m', 1.5],
    ['0.5', 0.5],
  ])('%s is %d per second', (text, rate) => {
    expect(parseRate(text)).toEqual({ ok: true, value: rate });
  });

  it.each(['0/s', '-1', '5/h', 'x', '', '1e9', '99999999/s'])('refuses %j', (text) => {
    expect(parseRate(text).ok).toBe(false);
  });
});

describe('source addresses', () => {
  it('expand, the last range fastest', () => {
    expect(parseSourceAddresses('10.{1..2}.0.{8..9}')).toEqual({
      ok: true,
      value: ['10.1.0.8', '10.1.0.9', '10.2.0.8', '10.2.0.9'],
    });
    expect(parseSourceAddresses('fd00::{9..11}')).toEqual({
      ok: true,
      value: ['fd00::9', 'fd00::10', 'fd00::11'],
    });
    expect(parseSourceAddresses('::1')).toEqual({ ok: true, value: ['::1'] });
  });

  it('may be 65,536 but not one more', () => {
    const all = parseSourceAddresses('127.1.{0..255}.{0..255}');
    expect(all.ok && all.value.length).toBe(65_536);
    expect(parseSourceAddresses('127.{0..256}.{0..255}.1')).toMatchObject({
      ok: false,
      message: 'expected at most 65536 source addresses, got 65792',
    });
    expect(parseSourceAddresses('127.0.0.{1..999999999999}').ok).toBe(false);
  });

  it.each(['127.0.{250..256}.1', 'localhost', '127.0.0.1:80', '[::1]', '', '127.0.0.01', '{1..2}'])(
    'refuse %j',
    (text) => {
      expect(parseSourceAddresses(text).ok).toBe(false);
    },
  );

  it('have a family', () => {
    expect([familyOf('1.2.3.4'), familyOf('::ffff:1.2.3.4'), familyOf('a')]).toEqual([4, 6, undefined]);
  });
});

describe('request paths', () => {
  it.each(['/', '/a?b=c&d', '/a{1..5}', '/聊天', '//x', '/%20'])('take %j', (path) => {
    expect(parseRequestPath(path)).toEqual({ ok: true, value: path });
  });

  it.each([
    '',
    'a',
    '/a b',
    '/a\r\nX: y',
    '/\u0000',
    '/\u007f',
    '/a#b',
    '/\ud800',
    '/{9..1}',
    `/${'a'.repeat(9000)}`,
  ])('refuse %j', (path) => {
    expect(parseRequestPath(path).ok).toBe(false);
  });

  it('are sent as ASCII', () => {
    expect(encodePath('/聊天?x=%20&y={1..2}')).toBe('/%E8%81%8A%E5%A4%A9?x=%20&y={1..2}');
  });
});

describe('header fields', () => {
  it('take tokens as methods', () => {
    expect(['GET', 'M-SEARCH', 'get'].map((method) => parseMethod(method).ok)).toEqual([true, true, true]);
    expect(['', 'G ET', 'GET\r', 'GÉT', 'a:b'].map((method) => parseMethod(method).ok)).toEqual(
      Array(5).fill(false),
    );
  });

  it('take Latin-1 without control characters as values', () => {
    expect(['', 'a\tb', 'é', 'x'.repeat(1000)].map((value) => parseHeaderValue(value).ok)).toEqual(
      Array(4).fill(true),
    );
    expect(['a\r', 'a\nb', '\u0000', '\u0085', '聊', '€'].map((value) => parseHeaderValue(value).ok)).toEqual(
      Array(6).fill(false),
    );
    expect(parseHeaderValue('ab€')).toMatchObject({
      message: 'expected a header value in Latin-1, got U+20AC',
      offset: 2,
    });
  });
});

describe('attribution by body', () => {
  it.each([
    ['/server', { by: 'body-pointer', pointer: '/server' }],
    ['', { by: 'body-pointer', pointer: '' }],
    ['/', { by: 'body-pointer', pointer: '/' }],
    ['//', { by: 'body-pointer', pointer: '//' }],
    ['/a~1b/0/~0', { by: 'body-pointer', pointer: '/a~1b/0/~0' }],
    ['/data/x', { by: 'body-pointer', pointer: '/data/x' }],
    ['/来自: (\\d+)/', { by: 'body-pattern', pattern: '来自: (\\d+)', flags: '' }],
    ['/port (\\d+)/i', { by: 'body-pattern', pattern: 'port (\\d+)', flags: 'i' }],
    // Documented: this looks like an expression with a flag; as a pointer it is { pointer: /data/i }.
    ['/data/i', { by: 'body-pattern', pattern: 'data', flags: 'i' }],
  ])('reads %j', (text, value) => {
    expect(parseBodyAttribution(text)).toEqual({ ok: true, value });
  });

  it.each([
    'server',
    '/a~2',
    '/(/',
    '/[/',
    '/a{2,1}/',
    `/${'a'.repeat(1001)}/`,
    '/a/ii',
    '/(?=a)/',
    '/(a)\\1/',
  ])('refuses %j', (text) => {
    expect(parseBodyAttribution(text).ok).toBe(false);
  });
});
