import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatServerLine, parseServerLine } from '../../src/nginx/server-line.js';

const defaults = { weight: 1, maxFails: 1, failTimeoutSec: 10, maxConns: 0, backup: false, down: false };

describe('parseServerLine', () => {
  it("fills in nginx's defaults", () => {
    expect(parseServerLine('127.0.0.1:8001')).toEqual({
      ok: true,
      value: { server: '127.0.0.1:8001', address: '127.0.0.1:8001', ...defaults },
    });
  });

  it('reads every parameter, the last of a repeated one', () => {
    const text = '[::1]:8001 weight=2 weight=3 max_conns=8 max_fails=0 fail_timeout=1m30s backup down';
    expect(parseServerLine(text)).toEqual({
      ok: true,
      value: {
        server: '[::1]:8001',
        address: '[::1]:8001',
        weight: 3,
        maxFails: 0,
        failTimeoutSec: 90,
        maxConns: 8,
        backup: true,
        down: true,
      },
    });
  });

  it('keeps the server as written beside the address that nginx prints', () => {
    expect(parseServerLine('"unix:/run/a b.sock" weight=2')).toMatchObject({
      value: { server: 'unix:/run/a b.sock', address: 'unix:/run/a b.sock' },
    });
    expect(parseServerLine('127.0.0.1:012102')).toMatchObject({
      value: { server: '127.0.0.1:012102', address: '127.0.0.1:12102' },
    });
  });

  it.each([
    ['', 'expected a server address, got nothing'],
    ['127.0.0.1:1 slow_start=30s', 'expected a parameter of the server directive, got "slow_start=30s"'],
    ['127.0.0.1:1 resolve', 'expected a parameter of the server directive, got "resolve"'],
    ['127.0.0.1:1 weight', 'expected a parameter of the server directive, got "weight"'],
    ['127.0.0.1:1 weight=0', 'expected weight= to be an integer from 1 to 1000000, got "0"'],
    ['127.0.0.1:1 weight=1.5', 'expected weight= to be an integer from 1 to 1000000, got "1.5"'],
    ['127.0.0.1:1 max_conns=-1', 'expected max_conns= to be an integer from 0 to 1000000, got "-1"'],
    ['127.0.0.1:1 max_fails=', 'expected max_fails= to be an integer from 0 to 1000000, got ""'],
    [
      '127.0.0.1:1 fail_timeout=500ms',
      'expected a time in whole seconds such as 30s, 5m or 1h30m, got "500ms"',
    ],
    ['127.0.0.1:1; } http {', 'expected only words, got ";"'],
  ])('refuses %j', (text, message) => {
    expect(parseServerLine(text)).toMatchObject({ ok: false, message });
  });

  it('names the valid parameters', () => {
    expect(parseServerLine('127.0.0.1:1 drain')).toMatchObject({
      hint: 'the parameters are weight=, max_conns=, max_fails=, fail_timeout=, backup and down',
    });
  });

  it('reads back every line it writes', () => {
    const server = fc.oneof(
      fc.ipV4().map((address) => `${address}:8001`),
      fc.ipV6().map((address) => `[${address}]`),
      fc.stringMatching(/^unix:\/[ -~]{1,40}$/),
      fc.domain(),
    );
    const numbers = fc.record({
      weight: fc.integer({ min: 1, max: 1000 }),
      maxFails: fc.integer({ min: 0, max: 9 }),
      failTimeoutSec: fc.integer({ min: 0, max: 100_000 }),
      maxConns: fc.integer({ min: 0, max: 9 }),
      backup: fc.boolean(),
      down: fc.boolean(),
    });
    fc.assert(
      fc.property(server, numbers, (text, parameters) => {
        const plain = parseServerLine(JSON.stringify(text));
        if (!plain.ok) throw new Error(`${text}: ${plain.message}`);
        const line = { ...plain.value, ...parameters };
        expect(parseServerLine(formatServerLine(line))).toEqual({ ok: true, value: line });
      }),
    );
  });
});
