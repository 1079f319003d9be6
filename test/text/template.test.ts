import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeTemplate, parseTemplate } from '../../src/text/template.js';

const partsOf = (text: string, form: 'text' | 'path' | 'json' = 'text') => {
  const parsed = parseTemplate(text, form);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value;
};

describe('a template', () => {
  it('is taken apart into literals and what is drawn', () => {
    expect(partsOf('/a{1..500}?x={uuid}&n={seq}{7..7}&q={user.name}')).toEqual({
      literals: ['/a', '?x=', '&n=', '', '&q=', ''],
      draws: [
        { kind: 'range', from: 1, to: 500 },
        { kind: 'uuid' },
        { kind: 'seq' },
        { kind: 'range', from: 7, to: 7 },
        { kind: 'field', field: 'user.name', form: 'text', offset: 36 },
      ],
    });
  });

  it.each([
    '{"a": {"b": {}}}',
    '{ uuid }',
    '{}',
    '{{}}',
    '{a b}',
    '{,3}',
    'f(){return {x:1}}',
    '{',
    '}',
    '{é}',
  ])('leaves the braces of %s as they are', (text) => {
    expect(partsOf(text)).toEqual({ literals: [text], draws: [] });
  });

  it('writes a word in braces by doubling them', () => {
    expect(partsOf('a{{user}}b{{1..x}}')).toEqual({ literals: ['a{user}b{1..x}'], draws: [] });
    expect(partsOf('{"n":{1..3}}').literals).toEqual(['{"n":', '}']);
  });

  it('escapes any text so that it stands for itself', () => {
    const bracey = fc
      .array(fc.constantFrom('{', '}', 'a', '1..2', 'uuid', '"', ' ', '.'))
      .map((all) => all.join(''));
    fc.assert(
      fc.property(bracey, (text) => {
        expect(partsOf(escapeTemplate(text))).toEqual({ literals: [text], draws: [] });
      }),
    );
  });

  it.each([
    ['x{2..1}', 'expected a range that ascends, got "{2..1}"', 'write {1..2}', 1],
    ['{1..}', 'expected a range such as {1..500}, got "{1..}"', 'the text {1..} is written {{1..}}', 0],
    ['{a..b}', 'expected a range such as {1..500}, got "{a..b}"', 'the text {a..b} is written {{a..b}}', 0],
    [
      '{-1..1}',
      'expected a range such as {1..500}, got "{-1..1}"',
      'the text {-1..1} is written {{-1..1}}',
      0,
    ],
    [
      '{0..9999999999999999}',
      'expected numbers of at most 15 digits, got "{0..9999999999999999}"',
      'narrow the range',
      0,
    ],
  ])('refuses %s', (text, message, hint, offset) => {
    expect(parseTemplate(text, 'text')).toEqual({ ok: false, message, hint, offset });
  });

  it('knows where a field of a record stands: in a URL, as one, inside a JSON text, as JSON', () => {
    const formsOf = (text: string, form: 'path' | 'json') =>
      partsOf(text, form).draws.map((draw) => (draw.kind === 'field' ? draw.form : draw.kind));
    expect(formsOf('/a?b={c}', 'path')).toEqual(['path']);
    expect(formsOf('{url}', 'path')).toEqual(['target']);
    const json = JSON.stringify({
      '{key}': '{whole}',
      a: 'x {inside}',
      b: '{1..2}',
      c: '\\"{quoted}"',
      d: '{{no}}',
    });
    expect(formsOf(json, 'json')).toEqual(['json', 'json-value', 'json', 'range', 'json']);
    expect(partsOf(json, 'json').literals).toEqual([
      '{"',
      '":',
      ',"a":"x ',
      '","b":"',
      '","c":"\\\\\\"',
      '\\"","d":"{no}"}',
    ]);
  });
});
