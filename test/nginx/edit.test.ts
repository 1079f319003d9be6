import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Algorithm } from '../../src/model/algorithm.js';
import { formatAlgorithm, parseAlgorithm } from '../../src/nginx/algorithm.js';
import type { Directive } from '../../src/nginx/config/directive.js';
import { type MethodEditor, methodEditor } from '../../src/nginx/config/edit.js';
import { parseConfig } from '../../src/nginx/config/parse.js';
import { upstreamsOf } from '../../src/nginx/upstream.js';

function editorOf(text: string, name = 'backend'): MethodEditor {
  const editor = methodEditor(text, name, 'nginx.conf');
  if (!editor.ok) throw new Error(JSON.stringify(editor.faults));
  return editor.value;
}

function method(text: string): Algorithm {
  const parsed = parseAlgorithm(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value;
}

function parsed(text: string): readonly Directive[] {
  const config = parseConfig(text);
  if (!config.ok) throw new Error(JSON.stringify(config.faults));
  return config.value;
}

/** All directives but the methods of the block, without their places. */
function besides(directives: readonly Directive[]): unknown {
  return directives.map(({ name, args, block }) => ({
    name,
    args,
    block:
      block === undefined
        ? undefined
        : besides(
            name === 'upstream' && args[0] === 'backend'
              ? block.filter((inner) => !/^(least_conn|ip_hash|hash|random)$/.test(inner.name))
              : block,
          ),
  }));
}

const algorithms = [
  'round_robin',
  'least_conn',
  'ip_hash',
  'hash $request_uri',
  'hash "$host $uri" consistent',
  'random',
  'random two least_conn',
].map(method);
const anyAlgorithm = fc.constantFrom(...algorithms);

/** White space and comments, as people leave them between two directives. */
const gap = fc
  .array(
    fc.constantFrom(' ', '\t', '\n', '\r\n', '# least_conn; }\n', '# upstream backend {\r\n', '#é\u0000"\n'),
    {
      maxLength: 4,
    },
  )
  .map((parts) => parts.join(''));
const server = fc.constantFrom(
  'server 10.0.0.1:80;',
  'server  10.0.0.2:81   weight=3 ;',
  'server "10.0.0.3:82"\n max_fails=2;',
  "zone 'z' 64k;",
);
const written = fc.constantFrom(
  '',
  'least_conn;',
  'least_conn ;',
  'hash\n  $request_uri\tconsistent;',
  'hash "a;b}{" ;',
  'random two;',
  'ip_hash# no\n;',
);
const tail = fc.constantFrom('', 'keepalive 16;', 'keepalive 4; keepalive_timeout 5s;');
const other = fc.constantFrom(
  'upstream other { least_conn; server 10.0.0.9; }',
  'server { location / { set $a "upstream backend {"; proxy_pass http://backend; } }',
  'map $a $b { upstream backend; hash least_conn; }',
  '',
);

const config = fc
  .tuple(
    ...[gap, gap, gap, gap, gap, gap],
    written,
    fc.array(server, { minLength: 1, maxLength: 3 }),
    tail,
    fc.boolean(),
    other,
    other,
    fc.boolean(),
  )
  .map(([a, b, c, d, e, f, own, servers, keepalive, isFirst, before, after, isInHttp]) => {
    const inner = isFirst ? [own, ...servers, 'server a;'] : ['server a;', ...servers, own];
    const block = `upstream backend ${a}{${inner.map((one, index) => [b, c, d][index % 3] + one).join('')}${e}${keepalive}${f}}`;
    const text = isInHttp
      ? `events {}${a}http {${b}${before}${c}${block}${d}${after}}\n`
      : `${before}${a}${block}${e}${after}`;
    return { text, own };
  });

describe('the edit of a method', () => {
  it('changes the method and no other byte, whatever the configuration looks like', () => {
    fc.assert(
      fc.property(config, anyAlgorithm, ({ text, own }, algorithm) => {
        const editor = editorOf(text);
        const edited = editor.with(algorithm);
        const upstream = upstreamsOf(parsed(edited)).blocks.find(
          ({ upstream: { name } }) => name === 'backend',
        );
        expect(upstream?.upstream.algorithm).toEqual(algorithm);
        expect(upstream?.warnings).toEqual([]);
        expect(besides(parsed(edited))).toEqual(besides(parsed(text)));
        // What is not the same before and after stands in one place and is a method.
        let [head, end] = [0, 0];
        const shorter = Math.min(text.length, edited.length);
        while (head < shorter && text[head] === edited[head]) head += 1;
        while (end < shorter - head && text.at(-1 - end) === edited.at(-1 - end)) end += 1;
        expect(own).toContain(text.slice(head, text.length - end));
        // And back: by what is kept, and by another edit where a method was there.
        expect(editor.with(editor.algorithm)).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes every method of every method, and finds what it has written', () => {
    fc.assert(
      fc.property(config, fc.array(anyAlgorithm, { minLength: 1, maxLength: 5 }), ({ text }, wanted) => {
        let current = text;
        for (const algorithm of wanted) {
          current = editorOf(current).with(algorithm);
          expect(editorOf(current).algorithm).toEqual(algorithm);
        }
        expect(besides(parsed(current))).toEqual(besides(parsed(text)));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [
      'http {\n    upstream backend {\n        server a;\n    }\n}\n',
      'least_conn',
      'http {\n    upstream backend {\n        least_conn;\n        server a;\n    }\n}\n',
      3,
    ],
    [
      'upstream backend { # mine\r\n\tserver a;\r\n\tkeepalive 2;\r\n}',
      'ip_hash',
      'upstream backend { # mine\r\n\tip_hash;\r\n\tserver a;\r\n\tkeepalive 2;\r\n}',
      2,
    ],
    ['upstream backend {server a;}', 'random', 'upstream backend {random;server a;}', 1],
    [
      'upstream backend {\n  least_conn; # even\n  server a;\n}',
      'hash "$host $uri" consistent',
      'upstream backend {\n  hash "$host $uri" consistent; # even\n  server a;\n}',
      2,
    ],
    [
      'upstream backend {\n  least_conn;\n  server a;\n}',
      'round_robin',
      'upstream backend {\n  \n  server a;\n}',
      2,
    ],
  ])('writes %j with %s', (text, algorithm, edited, line) => {
    const editor = editorOf(text);
    expect(editor.with(method(algorithm))).toBe(edited);
    expect(editor.line).toBe(line);
  });

  it('leaves bytes that are no UTF-8 as they are', () => {
    const bytes = Buffer.from([
      0x23,
      0xff,
      0xfe,
      0x0a,
      ...Buffer.from('upstream backend { server a; }'),
      0x0a,
    ]);
    const edited = Buffer.from(editorOf(bytes.toString('latin1')).with(method('least_conn')), 'latin1');
    expect(edited.subarray(0, 4)).toEqual(bytes.subarray(0, 4));
    expect(edited.length).toBe(bytes.length + 'least_conn; '.length);
  });

  it.each([
    ['upstream other { server a; }', 1, 'expected a block upstream "backend" in this file, got none'],
    [
      'upstream backend { server a; }\nupstream backend { server b; }',
      2,
      'expected one block upstream "backend", got a second one',
    ],
    [
      'upstream backend {\n if ($a) { least_conn; }\n server a; }',
      2,
      'expected only directives in upstream "backend", got a block',
    ],
    [
      'upstream backend {\n ip_hash;\n least_conn;\n server a; }',
      3,
      'expected one balancing method, got a second one, which nginx lets win',
    ],
    [
      'upstream backend {\n server a;\n keepalive 2;\n least_conn; }',
      4,
      'expected the method before keepalive, got it behind, which switches keepalive off',
    ],
    ['upstream backend {}', 1, 'expected servers in upstream "backend", got none'],
    ['upstream backend { hash; server a; }', 1, 'expected a key after hash, got nothing'],
    ['upstream backend { server a }', 1, 'expected ";" or "{" after "server a", got "}"'],
  ])('refuses %j', (text, line, message) => {
    expect(methodEditor(text, 'backend', 'a.conf')).toMatchObject({
      ok: false,
      faults: [{ file: 'a.conf', line, message }],
    });
  });

  it('says what the method is', () => {
    for (const algorithm of algorithms) {
      const text = editorOf('upstream backend { server a; }').with(algorithm);
      expect(formatAlgorithm(editorOf(text).algorithm)).toBe(formatAlgorithm(algorithm));
    }
  });
});
