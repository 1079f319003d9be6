import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileExpression, type Expression } from '../../src/text/expression.js';

function compiled(source: string, flags = ''): Expression {
  const result = compileExpression(source, flags);
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

const letter = fc.constantFrom(
  ...'a b / 来 . \\d \\D \\w \\W [ab] [^a] \\. \\/ \\u6765 \\x61 [a-c0-9_-]'.split(' '),
);
/** Something that is not empty. */
const word = fc.array(letter, { minLength: 1, maxLength: 3 }).map((letters) => letters.join(''));
const count = fc.constantFrom('', '*', '+', '?', '{0,2}', '{3}', '*?', '+?', '??');
const repeated = fc.tuple(word, fc.constantFrom('(', '(?:'), fc.option(word), count);
/** Expressions as users write them, out of pieces that V8 and RE2 both know. Empty matches repeated differ, so none here. */
const expressions = fc
  .array(
    fc.oneof(
      word,
      fc.constantFrom('^', '$', '\\b', '\\B', '(?:)'),
      repeated.map(
        ([first, open, second, times]) => `${open}${first}${second === null ? '' : `|${second}`})${times}`,
      ),
    ),
    { maxLength: 5 },
  )
  .map((parts) => parts.join(''));
const texts = fc.string({
  unit: fc.constantFrom('a', 'b', 'A', '0', '7', '/', '.', '_', ' ', '\n', '来', '-'),
});
const flags = fc.constantFrom('', 'i', 'm', 's', 'u', 'ims');

describe("a user's regular expression", () => {
  it('finds what V8 finds', () => {
    fc.assert(
      fc.property(expressions, flags, texts, (source, flag, text) => {
        const match = new RegExp(source, flag).exec(text);
        const expression = compiled(source, flag);
        expect(expression.test(text)).toBe(match !== null);
        expect(expression.find(text)).toBe(match === null ? undefined : (match[1] ?? match[0]));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['^(a+)+$', 'a'.repeat(100_000)],
    ['(a|aa)+$', 'a'.repeat(100_000)],
    ['^([a-z]+)*$', 'a'.repeat(100_000)],
    ['(x+x+)+y', 'x'.repeat(100_000)],
    ['^(\\w+\\s?)*$', 'word '.repeat(20_000)],
    ['(.*)*(.*)*(.*)*=', '/'.repeat(100_000)],
  ])('ends, whatever the text: %s', (source, text) => {
    const expression = compiled(source);
    expect(expression.test(`${text}!`)).toBe(false);
    expect(expression.find(`${text}!`)).toBeUndefined();
  });

  it.each([
    ['(', '', 'expected a valid regular expression, got "("'],
    ['a', 'x', 'expected flags out of i m s u, got "x"'],
    ['a', 'ii', 'expected a valid regular expression, got "a"'],
    ['(?=a)', '', 'expected a regular expression that takes linear time, got "(?=a)"'],
    ['(?<!a)b', '', 'expected a regular expression that takes linear time, got "(?<!a)b"'],
    ['(a)\\1', '', 'expected a regular expression that takes linear time, got "(a)\\\\1"'],
    ['(?<n>a)\\k<n>', '', 'expected a regular expression that takes linear time, got "(?<n>a)\\\\k<n>"'],
    [
      '(?:a{1000}){1000}',
      '',
      'expected a regular expression that takes linear time, got "(?:a{1000}){1000}"',
    ],
    ['a'.repeat(1001), '', 'expected a regular expression of at most 1000 characters, got 1001'],
  ])('is refused: /%s/%s', (source, flag, message) => {
    expect(compileExpression(source, flag)).toMatchObject({ ok: false, message });
  });

  it('may name its group', () => {
    expect(compiled('server=(?<name>\\w+)').find('server=b1;')).toBe('b1');
  });
});
