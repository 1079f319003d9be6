import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMoment } from '../../../src/run/log/moment.js';

const nowMs = Date.UTC(2026, 10, 22, 12, 0, 0);

function momentOf(text: string): string | undefined {
  const parsed = parseMoment(text, nowMs);
  return parsed.ok ? new Date(parsed.value).toISOString() : undefined;
}

describe('a moment', () => {
  it.each([
    ['2026-11-22', '2026-11-22T00:00:00.000Z'],
    ['2026-11-22T10:04', '2026-11-22T10:04:00.000Z'],
    ['2026-11-22 10:04:05', '2026-11-22T10:04:05.000Z'],
    ['2026-11-22T10:04:05.5Z', '2026-11-22T10:04:05.500Z'],
    ['2026-11-22T10:04:05+01:00', '2026-11-22T09:04:05.000Z'],
    ['2026-11-22T10:04:05-0530', '2026-11-22T15:34:05.000Z'],
    ['22/Nov/2026:10:04:04 +0000', '2026-11-22T10:04:04.000Z'],
    ['[22/Nov/2026:10:04:04 +0100]', '2026-11-22T09:04:04.000Z'],
    ['2h', '2026-11-22T10:00:00.000Z'],
    ['30m', '2026-11-22T11:30:00.000Z'],
    ['1d12h', '2026-11-21T00:00:00.000Z'],
  ])('%s is %s', (text, expected) => {
    expect(momentOf(text)).toBe(expected);
  });

  it.each([
    'yesterday',
    '',
    '10',
    '2026-13-01',
    '2026-02-30',
    '2026-11-22T24:00',
    '32/Nov/2026:10:04:04 +0000',
    '22/Nox/2026:10:04:04 +0000',
    '2026-11-22T10',
  ])('%j is none', (text) => {
    expect(momentOf(text)).toBeUndefined();
  });

  it('says what one looks like', () => {
    expect(parseMoment('noon', nowMs)).toEqual({
      ok: false,
      message:
        'expected a moment such as 2026-11-22T10:04:05Z, 22/Nov/2026:10:04:05 +0000 or 2h (ago), got "noon"',
      hint: 'without a time zone it is UTC',
    });
  });

  it('reads back what ISO 8601 writes, to the millisecond', () => {
    const date = fc.date({ min: new Date('1970-01-01'), max: new Date('2999-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(date, (when) => {
        expect(momentOf(when.toISOString())).toBe(when.toISOString());
      }),
    );
  });
});
