import { describe, expect, it } from 'vitest';
import { faultsOf, load, planOf } from './load-text.js';

const target = 'target: http://a\n';

describe('reading YAML', () => {
  it.each([
    ['a syntax error', 'name: "x\n', 's.yaml:2:1  expected valid YAML, got Missing closing "quote'],
    [
      'a tab as indentation',
      'load:\n\trequests: 5',
      's.yaml:2:1  expected valid YAML, got Tabs are not allowed as indentation\n    hint: indent with spaces',
    ],
    [
      'a second document',
      `${target}---\nname: b`,
      's.yaml:2:1  expected one YAML document, got another one\n    hint: keep one scenario a file: remove the --- and what follows it',
    ],
    [
      'a key twice',
      `${target}name: a\nname: b`,
      's.yaml:3:1  expected each key once, got "name" again\n    hint: keep one of the two',
    ],
    [
      'a tag',
      `${target}name: !foo x`,
      's.yaml:2:7  expected valid YAML, got Unresolved tag: !foo\n    hint: remove the tag that starts with !',
    ],
    [
      'a key that sets prototypes',
      `${target}__proto__: { x: 1 }`,
      's.yaml:2:1  expected a key other than "__proto__", got "__proto__"',
    ],
    [
      'a key that is a list',
      `${target}expect: { 127.0.0.1:1: 1, [a]: 1 }`,
      's.yaml:2:27  expected a word as the key, got something else\n    hint: put a key that contains brackets or braces in quotes: "[::1]:8001"',
    ],
    [
      'a number that JSON would change',
      `${target}requests: [{ path: /, json: 12345678901234567890 }]`,
      's.yaml:2:29  expected a number that can be kept exactly, got "12345678901234567890"\n    hint: put it in quotes if it is meant as text',
    ],
    [
      'an alias inside its own anchor',
      `${target}requests: &a [{ path: /, json: *a }]`,
      's.yaml:2:15  expected at most 64 levels of nesting, got more',
    ],
    [
      'more than 64 levels',
      `${target}requests: [{ path: /, json: ${'['.repeat(70)}${']'.repeat(70)} }]`,
      's.yaml:2:91  expected at most 64 levels of nesting, got more',
    ],
    [
      'more than 1 MiB',
      `${target}name: ${'a'.repeat(1 << 20)}`,
      // "target: http://a\n" and "name: " are 17 + 6 bytes.
      's.yaml:1:1  expected a scenario of at most 1048576 bytes, got 1048599\n    hint: keep large bodies in files of their own: jsonFile, textFile or file',
    ],
  ])('refuses %s', (_, text, fault) => {
    expect(faultsOf(text)).toEqual([fault]);
  });

  it('refuses aliases that multiply, at the place where they become too many', () => {
    // Six levels of ten are a million values from 400 bytes.
    const levels = ['b', 'c', 'd', 'e', 'f', 'g'].map(
      (name, index) => `${name}: &${name} [${Array(10).fill(`*${'abcdef'[index]}`).join(', ')}]`,
    );
    const text = ['a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]', ...levels].join('\n');
    expect(faultsOf(text)).toEqual([
      expect.stringMatching(/expected at most 200000 values, got more\n {4}hint: aliases/),
    ]);
  });

  it('ends on 100,000 open brackets and on 20,000 keys', () => {
    // Twice 64 levels and a few are let through to where the exact count is made.
    for (const opening of ['[', '{ a: ', '- ', '? ', '[{ a: ']) {
      expect(faultsOf(opening.repeat(100_000))).toEqual([
        expect.stringMatching(/^s\.yaml:1:\d{2,3} {2}expected at most 64 levels of nesting, got more$/),
      ]);
    }
    const keys = Array.from({ length: 20_000 }, (_, index) => `k${index}: x`);
    expect(faultsOf(`${target}expect: { ${keys.join(', ')} }`)).toHaveLength(201);
  });

  it('shows control characters escaped', () => {
    const [fault] = faultsOf('target: http://a\nname: "\\e[31mred\\u202e"');
    expect(fault).toBe('s.yaml:2:7  name: expected a name, got "\\u001b[31mred\\u202e"');
  });

  it('takes aliases, whose faults stand at the anchor', () => {
    const text = `${target}requests:\n  - { name: a, path: /, headers: &h { X: "1" } }\n  - { name: b, path: /, headers: *h }`;
    expect(planOf(text).requests.map(({ headers }) => headers)).toEqual([[['X', '1']], [['X', '1']]]);
    expect(faultsOf(text.replace('"1"', '1')).map((fault) => fault.split(' ')[0])).toEqual([
      's.yaml:3:42',
      's.yaml:3:42',
    ]);
  });

  it('takes a byte order mark, CRLF and comments, and keeps the lines right', () => {
    expect(load('\ufeff# hi\r\ntarget: http://a\r\n').ok).toBe(true);
    expect(faultsOf('\ufeff# hi\r\ntarget: http://a\r\nseed: x\r\n')).toEqual([
      's.yaml:3:7  seed: expected an integer of at least 0, got "x"',
    ]);
  });

  it('points into the text of a value when it is written as it is', () => {
    // "http://a/b c": the space is the 11th character of the value.
    expect(faultsOf('target: http://a/b c')[0]).toMatch(/^s\.yaml:1:19 /);
    expect(faultsOf('target: "http://a/b c"')[0]).toMatch(/^s\.yaml:1:20 /);
    // An escape makes the text in the file longer than the value.
    expect(faultsOf('target: "http:\\/\\/a/b c"')[0]).toMatch(/^s\.yaml:1:9 /);
  });
});
