import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelFromPattern, labelFromPointer } from '../../../src/engine/attribution/body-label.js';

describe('a backend named by a JSON pointer', () => {
  // The document and the pointers of RFC 6901, section 5, with values that can name a backend.
  const document = JSON.stringify({
    foo: ['bar', 'baz'],
    '': 0,
    'a/b': 1,
    'c%d': 2,
    'e^f': 3,
    'g|h': 4,
    'i\\j': 5,
    'k"l': 6,
    ' ': 7,
    'm~n': 8,
  });

  it.each([
    ['/foo/0', 'bar'],
    ['/foo/1', 'baz'],
    ['/', '0'],
    ['/a~1b', '1'],
    ['/c%d', '2'],
    ['/e^f', '3'],
    ['/g|h', '4'],
    ['/i\\j', '5'],
    ['/k"l', '6'],
    ['/ ', '7'],
    ['/m~0n', '8'],
  ])('%s is %s', (pointer, label) => {
    expect(labelFromPointer(pointer)(document)).toBe(label);
  });

  it.each([
    '',
    '/foo',
    '/foo/2',
    '/foo/-',
    '/foo/length',
    '/foo/01',
    '/none',
    '/none/deeper',
    '/constructor/name',
    '/__proto__',
  ])('is nobody at %j', (pointer) => {
    expect(labelFromPointer(pointer)(document)).toBeUndefined();
  });

  it('is the whole body when that is a string', () => {
    expect(labelFromPointer('')('"b1"')).toBe('b1');
  });

  it.each([
    '',
    'not json',
    '{"server":',
    '[1',
    'null',
    '{"server":null}',
    '{"server":true}',
    '{"server":{}}',
  ])('is nobody in %j', (body) => {
    expect(labelFromPointer('/server')(body)).toBeUndefined();
  });

  it('is found under any key, and nothing else is', () => {
    const escaped = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1');
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 4 }), fc.string(), (keys, name) => {
        const nested = keys.reduceRight<unknown>((inner, key) => Object.fromEntries([[key, inner]]), name);
        const pointer = keys.map((key) => `/${escaped(key)}`).join('');
        expect(labelFromPointer(pointer)(JSON.stringify(nested))).toBe(name);
        expect(labelFromPointer(`${pointer}/more`)(JSON.stringify(nested))).toBeUndefined();
      }),
    );
  });

  it('never throws, whatever the body', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        labelFromPointer('/a/0/b')(body);
      }),
    );
  });
});

describe('a backend named by an expression', () => {
  it.each([
    ['来自: (\\d+)', '', '你好,来自: 8001 的回答', '8001'],
    ['from \\w+', '', 'hello from b2!', 'from b2'],
    ['FROM (\\w+)', 'i', 'hello from b2!', 'b2'],
    ['server=(b1)?', '', 'server=', 'server='],
    ['none', '', 'hello', undefined],
  ])('/%s/%s', (pattern, flags, body, label) => {
    expect(labelFromPattern(pattern, flags)(body)).toBe(label);
  });

  it('is looked for in linear time', () => {
    const body = `${'a'.repeat(1_000_000)}b`;
    expect(labelFromPattern('^(a+)+$', '')(body)).toBeUndefined();
    expect(labelFromPattern('(a|aa)+b', '')(body)).toBe('a');
  });
});
