import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Directive,
  directive,
  directivesAt,
  directivesNamed,
} from '../../src/nginx/config/directive.js';
import { parseConfig } from '../../src/nginx/config/parse.js';
import { printConfig } from '../../src/nginx/config/print.js';

function parsed(text: string): readonly Directive[] {
  const config = parseConfig(text, 'nginx.conf');
  if (!config.ok) throw new Error(JSON.stringify(config.faults));
  return config.value;
}

/** As made by `directive`, without the places. */
function stripped(directives: readonly Directive[]): readonly Directive[] {
  return directives.map(({ name, args, block }) =>
    directive(name, args, block === undefined ? undefined : stripped(block)),
  );
}

function wordsOf(text: string): readonly string[] {
  const [first] = parsed(text);
  return [first?.name ?? '', ...(first?.args ?? [])];
}

describe('parseConfig', () => {
  // Each checked against nginx 1.22.1's `ngx_conf_read_token`.
  it.each([
    ['a b c;', ['a', 'b', 'c']],
    ['\ta\r\n b ;', ['a', 'b']],
    ['a "b c" \'d "e"\';', ['a', 'b c', 'd "e"']],
    ['a "" b;', ['a', '', 'b']],
    ['a b#c "#d"; # e;', ['a', 'b#c', '#d']],
    ['a $' + '{b}c$' + '{{;', ['a', '$' + '{b}c$' + '{{']],
    ['a b} "}";', ['a', 'b}', '}']],
    [String.raw`a \"b\' c\\d;`, ['a', `"b'`, 'c\\d']],
    [String.raw`a b\tc\r\nd;`, ['a', 'b\tc\r\nd']],
    [String.raw`a b\;c\ d\{e \d;`, ['a', String.raw`b\;c\ d\{e`, String.raw`\d`]],
    ['if ($a = "b") {}', ['if', '($a', '=', 'b', ')']],
    ['a b"c;', ['a', 'b"c']],
    ['a "b\nc";', ['a', 'b\nc']],
  ])('reads %j', (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  it('nests blocks and tells an empty block from none', () => {
    expect(stripped(parsed('http { server { listen 80; } }\nevents {}\nuser a;'))).toEqual([
      directive('http', [], [directive('server', [], [directive('listen', ['80'])])]),
      directive('events', [], []),
      directive('user', ['a']),
    ]);
  });

  it('knows where each directive starts', () => {
    const [http] = parsed('# one\nhttp {\n\tserver\n\t{ listen 80; }\n}');
    expect(http?.at).toEqual({ file: 'nginx.conf', line: 2, column: 1 });
    expect(http?.block?.[0]?.at).toEqual({ file: 'nginx.conf', line: 3, column: 2 });
    expect(http?.block?.[0]?.block?.[0]?.at).toEqual({ file: 'nginx.conf', line: 4, column: 4 });
  });

  it.each([
    ['a b', 1, 1, 'expected ";" or "{" after "a b", got the end of the file'],
    ['a;\nhttp {\n b;\n', 2, 1, 'expected "}" to close "http", got the end of the file'],
    ['a;\n}', 2, 1, 'expected a directive, got "}"'],
    ['http { a b }', 1, 12, 'expected ";" or "{" after "a b", got "}"'],
    ['a;\n;', 2, 1, 'expected a directive, got ";"'],
    ['{}', 1, 1, 'expected a directive, got "{"'],
    ['a;\n b "c', 2, 4, 'expected a closing ", got the end of the text'],
    ['a "b"c;', 1, 6, 'expected white space, ";" or "{" after a quoted word, got "c"'],
    ['a b\\', 1, 4, 'expected a character after the backslash, got the end of the text'],
    ['\ufeffa;', 1, 1, 'expected a directive, got a byte order mark'],
    [`a ${'b'.repeat(4096)};`, 1, 3, 'expected a word of at most 4095 bytes, got 4096'],
    ['a{'.repeat(70), 1, 130, 'expected at most 64 nested blocks, got more'],
  ])('faults %j', (text, line, column, message) => {
    expect(parseConfig(text, 'x.conf')).toMatchObject({
      ok: false,
      faults: [{ file: 'x.conf', line, column, message }],
    });
  });

  it('reads a megabyte of hostile text in linear time', () => {
    for (const unit of ['"', '\\', '{', 'a;\n', '$' + '{', '#\n', ' ', "'a' "]) {
      const startedAt = performance.now();
      parseConfig(unit.repeat(2 ** 20 / unit.length));
      expect(performance.now() - startedAt).toBeLessThan(5_000);
    }
  });
});

describe('printConfig', () => {
  const word = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(
        fc.constantFrom('"', "'", '\\', '{', '}', ';', '#', '$', ' ', '\n', '\r', '\t', 'n', 'a', ')', '\0'),
      )
      .map((characters) => characters.join('')),
  );
  const { tree } = fc.letrec<{ tree: readonly Directive[] }>((tie) => ({
    tree: fc.array(
      fc.record({
        name: word,
        args: fc.array(word, { maxLength: 4 }),
        block: fc.option(tie('tree'), { nil: undefined, depthSize: 'small' }),
        at: fc.constant(undefined),
      }),
      { maxLength: 4 },
    ),
  }));

  it('is read back as the same directives, whatever the words contain', () => {
    fc.assert(
      fc.property(tree, (directives) => {
        expect(stripped(parsed(printConfig(directives)))).toEqual(directives);
      }),
      { numRuns: 500 },
    );
  });

  it('quotes only what needs it and indents blocks', () => {
    const config = [
      directive('events', [], []),
      directive(
        'http',
        [],
        [directive('upstream', ['a b'], [directive('server', ['127.0.0.1:80', 'weight=2'])])],
      ),
      directive('set', ['$a', '$' + '{b}c', 'x"y', '']),
    ];
    expect(printConfig(config)).toBe(`events {}
http {
    upstream "a b" {
        server 127.0.0.1:80 weight=2;
    }
}
set $a $${'{b}'}c "x\\"y" "";
`);
  });
});

describe('directivesAt and directivesNamed', () => {
  const config = parsed(
    'http { upstream a {} server { server_name x; } } stream { upstream b {} } upstream c {}',
  );

  it('finds by path and by name', () => {
    expect(directivesAt(config, 'http', 'upstream').map(({ args }) => args[0])).toEqual(['a']);
    expect(directivesAt(config, 'upstream').map(({ args }) => args[0])).toEqual(['c']);
    expect(directivesAt(config, 'http', 'server', 'server_name').map(({ args }) => args[0])).toEqual(['x']);
    expect(directivesNamed(config, 'upstream').map(({ args }) => args[0])).toEqual(['a', 'b', 'c']);
  });
});

describe('blocks of Lua', () => {
  it('are kept as text, whatever braces stand in strings and comments', () => {
    const lua = `
      -- a comment with }
      --[[ a long one
           with } and "quotes' ]]
      local a = "}" .. '\\'}' .. [[ } ]] .. [==[ ]] } ]==]
      local t = { b = { 1 }, c = 'x{' }
      if a[t[1]] then ngx.exec("@x") end -- }`;
    const text = `http { init_by_lua_block {${lua}
      }
      server { set_by_lua_block $x { return 1 } location / { content_by_lua_block{ngx.say("{")} proxy_pass http://u; } } }`;
    const [http] = parsed(text);
    const [init, server] = http?.block ?? [];
    expect([init?.name, init?.lua?.trimEnd()]).toEqual(['init_by_lua_block', lua]);
    expect(server?.block?.map(({ name, args, lua: code }) => [name, args, code])).toEqual([
      ['set_by_lua_block', ['$x'], ' return 1 '],
      ['location', ['/'], undefined],
    ]);
    expect(directivesNamed([http as Directive], 'proxy_pass')).toHaveLength(1);
    expect(stripped(parsed(printConfig(parsed(text))))).toEqual(stripped(parsed(text)));
    expect(directivesNamed(parsed(printConfig(parsed(text))), 'init_by_lua_block')[0]?.lua).toBe(init?.lua);
  });

  it('end where their braces do, so that what follows has its place', () => {
    const braces = fc
      .array(fc.constantFrom('{', '}', '"}"', "'{'", '-- }\n', '[[}]]', '--[[}]]', ' x ', 'a[b]', '\\'), {
        maxLength: 12,
      })
      .map((parts) => parts.join(' '));
    const strip = (code: string) =>
      code.replace(/--\[\[.*?\]\]|--[^\n]*\n|\[\[.*?\]\]|"[^"]*"|'[^']*'/gs, '').replace(/[^{}]/g, '');
    const isBalanced = (code: string) => {
      let depth = 0;
      for (const brace of strip(code)) {
        depth += brace === '{' ? 1 : -1;
        if (depth < 0) return false;
      }
      return depth === 0;
    };
    let balanced = 0;
    fc.assert(
      fc.property(braces, (code) => {
        if (!isBalanced(code)) return;
        balanced++;
        const config = parsed(`a_by_lua_block {${code}\n}\nnext here;`);
        expect(config.map(({ name, lua, at }) => [name, lua, at?.line])).toEqual([
          ['a_by_lua_block', `${code}\n`, 1],
          ['next', undefined, code.split('\n').length + 2],
        ]);
      }),
      { numRuns: 2000 },
    );
    expect(balanced).toBeGreaterThan(200);
  });

  it('are missed where nothing closes them', () => {
    for (const text of ['a_by_lua_block { "}', 'a_by_lua_block { -- }', 'a_by_lua_block { [[ } ]']) {
      expect(parseConfig(text, 'nginx.conf')).toMatchObject({
        ok: false,
        faults: [{ line: 1, message: 'expected "}" to close "a_by_lua_block", got the end of the file' }],
      });
    }
  });
});
