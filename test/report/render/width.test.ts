import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviationBar } from '../../../src/report/render/terminal-table.js';
import { cutToWidth, displayWidth, wrap } from '../../../src/report/render/width.js';

describe('displayWidth', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['−1.5 % │━╸…', 11],
    ['来自', 4],
    ['ｆｕｌｌ', 8],
    ['e\u0301', 1],
    ['😀', 2],
    ['\u001b[31mred\u001b[39m', 3],
  ])('of %j is %d', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  it('is that of the tables of Unicode for the signs that it knows without them', () => {
    const odd = [];
    for (let code = 0x20; code < 0x2fff; code++) {
      const character = String.fromCodePoint(code);
      if (code >= 0x7f && code < 0x300) continue;
      const tabled = /[\p{Mn}\p{Me}]/u.test(character)
        ? 0
        : /[ᄀ-ᅟ⺀-⿿]|\p{Emoji_Presentation}/u.test(character)
          ? 2
          : 1;
      if (displayWidth(character) !== tabled) odd.push(code.toString(16));
    }
    expect(odd).toEqual([]);
  });
});

describe('cutToWidth', () => {
  it('cuts to the columns and says so', () => {
    expect(cutToWidth('abcdef', 6)).toBe('abcdef');
    expect(cutToWidth('abcdef', 4)).toBe('abc…');
    expect(cutToWidth('来自上游', 5)).toBe('来自…');
    expect(cutToWidth('来自上游', 4)).toBe('来…');
    expect(cutToWidth('abc', 0)).toBe('');
  });
});

describe('wrap', () => {
  it('breaks at spaces, but not inside a percentage or a count of statuses', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('up to 10.0 % of it', 10)).toEqual(['up to', '10.0 % of', 'it']);
    expect(wrap('and 20 × 502', 9)).toEqual(['and', '20 × 502']);
    expect(wrap('one two three', 7, '  ')).toEqual(['one two', '  three']);
    expect(wrap('', 7)).toEqual(['']);
  });

  it('breaks a word that is longer than a line', () => {
    expect(wrap('abcdefgh', 3)).toEqual(['abc', 'def', 'gh']);
    expect(wrap('来自上游', 1)).toEqual(['来', '自', '上', '游']);
  });

  it('loses no character but spaces, and keeps to the columns', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), fc.integer({ min: 2, max: 40 }), (text, columns) => {
        const lines = wrap(text, columns);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
        expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

describe('deviationBar', () => {
  it.each([
    [0, '    │    '],
    [1, '    │━━━━'],
    [-1, '━━━━│    '],
    [0.5, '    │━━  '],
    [-0.375, '  ╺━│    '], // 1.5 columns
    [0.125, '    │╸   '],
    [9, '    │━━━━'],
  ])('draws %s of a side as %j', (part, bar) => {
    expect(deviationBar(part, 4)).toBe(bar);
  });
});
