import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { markdown } from '../../src/report/markdown.js';
import { codeSpan, plainText } from '../../src/report/render/markdown.js';
import { comparison, emptyRun, hostile, hostileReport, report } from './fixture.js';

describe('markdown', () => {
  it.each([
    ['comparison', comparison()],
    ['hostile', hostileReport()],
    ['empty', report({ runs: [emptyRun()], thresholds: [], verdict: 'pass' })],
  ])('writes the report %s', async (name, shown) => {
    await expect(markdown(shown)).toMatchFileSnapshot(`../golden/report/${name}.md`);
  });

  it('has the verdict in its first line, and none without thresholds', () => {
    expect(markdown(comparison()).split('\n')[0]).toBe('## `chat-and-completions`: ❌ fail');
    expect(markdown(report({ thresholds: [] })).split('\n')[0]).toBe('## `chat-and-completions`');
  });

  it('keeps the cells of every table together, whatever the names hold', () => {
    // A cell ends at a pipe that is not escaped; escapes are read from the left, as cmark-gfm does.
    const cellsOf = (line: string) => line.replaceAll(/\\./g, '').split('|').length;
    const text = markdown(hostileReport());
    for (const block of text.split('\n\n').filter((one) => one.startsWith('|'))) {
      const counts = block.split('\n').map(cellsOf);
      expect(new Set(counts).size).toBe(1);
    }
  });

  it('has no HTML of anybody else', () => {
    const outsideCode = markdown(hostileReport()).replaceAll(/(`+)(?!`).*?(?<!`)\1(?!`)/g, '');
    const unescaped = outsideCode.replaceAll(/\\./g, '').replaceAll(/<\/?sub>|<!-- -->/g, '');
    expect(unescaped).not.toMatch(/[<>]|!\[|\]\(/);
  });
});

describe('codeSpan', () => {
  it.each([
    ['a', '`a`'],
    ['', ''],
    [' ', ''],
    ['a`b', '``a`b``'],
    ['`', '`` ` ``'],
    ['a|b', '`a\\|b`'],
    ['a\\|b', '`a\\\\\\|b`'],
    [hostile.lines, '`two��lines�three`'],
  ])('of %j is %s', (text, span) => {
    expect(codeSpan(text)).toBe(span);
  });

  it('never lets its content close it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('`', 'a', ' ', '|', '\\') }), (text) => {
        const span = codeSpan(text);
        if (span === '') return;
        const fence = /^`+/.exec(span)?.[0] ?? '';
        const inner = span.slice(fence.length, -fence.length);
        expect([...inner.matchAll(/`+/g)].every(([run]) => run.length < fence.length)).toBe(true);
        expect(inner).not.toMatch(/^`|`$/);
      }),
    );
  });
});

describe('plainText', () => {
  it('means only itself', () => {
    expect(plainText('[l](javascript:1) <img> `c` **b** | @team #12 www.evil.example http://x')).toBe(
      '\\[l\\](javascript:1) \\<img\\> \\`c\\` \\*\\*b\\*\\* \\| @<!-- -->team #<!-- -->12 www\\.evil.example http\\://x',
    );
  });
});
