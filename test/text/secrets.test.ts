import { describe, expect, it } from 'vitest';
import { hiding } from '../../src/text/secrets.js';

const hide = hiding([
  { name: 'TOKEN', value: 'a "b"/c d-e-f-g-h' },
  { name: 'LONGER', value: 'a "b"/c d-e-f-g-h and more' },
  { name: 'SHORT', value: 'ab' },
  { name: 'EMPTY', value: '' },
]);

describe('secrets', () => {
  it('are hidden as they are, in JSON, in URLs, in another case, and where a text was cut', () => {
    expect(hide('x a "b"/c d-e-f-g-h y A "B"/C D-E-F-G-H')).toBe('x [TOKEN] y [TOKEN]');
    expect(hide('a "b"/c d-e-f-g-h and more')).toBe('[LONGER]');
    expect(hide(JSON.stringify({ key: 'a "b"/c d-e-f-g-h' }))).toBe('{"key":"[TOKEN]"}');
    expect(hide('/?q=a%20%22b%22%2Fc%20d-e-f-g-h&r=a%20%22b%22/c%20d-e-f-g-h')).toBe('/?q=[TOKEN]&r=[TOKEN]');
    expect(hide('got "a \\"b\\"/c d-e-f…"')).toMatch(/^got "\[\w+\]…"$/);
  });

  it('of a few characters are hidden as whole texts, so that words stay words', () => {
    expect(hide('about "ab" and tabs')).toBe('about "[SHORT]" and tabs');
    expect(hide(['ab', 'abc'])).toEqual(['[SHORT]', 'abc']);
  });

  it('are hidden in values and keys, but for what holds words of a fixed list', () => {
    const token = 'a "b"/c d-e-f-g-h';
    expect(
      hide({ verdict: 'ab', histogram: token, list: [{ [token]: { n: 1, none: undefined, no: null } }] }),
    ).toEqual({
      verdict: 'ab',
      histogram: token,
      list: [{ '[TOKEN]': { n: 1, none: undefined, no: null } }],
    });
  });

  it('cost nothing where there are none', () => {
    const report = { a: ['x'] };
    expect(hiding([])(report)).toBe(report);
  });
});
