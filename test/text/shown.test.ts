import { describe, expect, it } from 'vitest';
import { isPrintable, shown } from '../../src/text/shown.js';

describe('shown', () => {
  it.each([
    ['plain é 日', '"plain é 日"'],
    ['a"b\\', '"a\\"b\\\\"'],
    ['\u001b[2J', '"\\u001b[2J"'],
    ['\u007f\u009b31m', '"\\u007f\\u009b31m"'],
    ['\u202egnp', '"\\u202egnp"'],
    ['\u2028', '"\\u2028"'],
    ['\u{e0041}', '"\\u{e0041}"'],
    ['x'.repeat(81), `"${'x'.repeat(80)}…"`],
  ])('shows %j without a control code', (text, expected) => {
    expect(shown(text)).toBe(expected);
  });
});

describe('isPrintable', () => {
  it('tells text from control, format and separator characters', () => {
    expect(['', 'a b', 'é日'].every(isPrintable)).toBe(true);
    expect(
      ['\n', '\t', '\0', '\u007f', '\u0085', '\u200b', '\u202e', '\u2029', '\ud800'].some(isPrintable),
    ).toBe(false);
  });
});
