import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { parseAddress } from '../../src/nginx/address.js';
import { directive, directivesAt } from '../../src/nginx/config/directive.js';
import { diskFiles } from '../../src/nginx/config/files.js';
import { parseConfig } from '../../src/nginx/config/parse.js';
import { readConfig } from '../../src/nginx/config/read.js';
import { parseRequestTarget } from '../../src/nginx/target.js';
import { formatUpstream } from '../../src/nginx/upstream.js';
import { byteString, compileKey } from '../../src/nginx/variables.js';
import { recorded, upstreamOf } from '../balancing/recorded.js';
import { BareNginx } from './bare-nginx.js';
import { describeWithNginx } from './real-nginx.js';

const nginx = new BareNginx();

afterAll(() => {
  nginx.remove();
});

function get(target: string): string {
  return `GET ${target} HTTP/1.0\r\nHost: LB.example:80\r\nX-User: u1\r\nCookie: a=1; b=2 3\r\n\r\n`;
}

describeWithNginx('real nginx and the config grammar', () => {
  const awkward = fc
    .array(fc.constantFrom('"', "'", '\\', '{', '}', ';', '#', ' ', '\n', '\r', '\t', 'n', 'a', ')', 'é'))
    .map((characters) => characters.join(''));

  it('reads every printed word as the same bytes', async () => {
    // `$` would be a variable to the return directive; that it needs no quoting is part of the property test.
    const words = fc.sample(
      fc.oneof(
        awkward,
        fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('$', '')),
      ),
      {
        numRuns: 300,
        seed: 1,
      },
    );
    const locations = words.map((word, index) =>
      directive('location', ['=', `/${index}`], [directive('return', ['200', word])]),
    );
    await nginx.serve(locations, [], async () => {
      for (const [index, word] of words.entries()) {
        const { body } = await nginx.exchange(get(`/${index}`));
        expect(body).toBe(byteString(word));
      }
    });
  });

  it('takes exactly what the parser takes', () => {
    const snippets = fc.sample(
      fc
        .array(fc.constantFrom('"', "'", '\\', '{', '}', ';', '#', '$', ' ', '\n', 'a', ')'), {
          maxLength: 12,
        })
        .map((characters) => `x ${characters.join('')}`),
      { numRuns: 150, seed: 2 },
    );
    let accepted = 0;
    for (const snippet of snippets) {
      // A types block may hold any words, so that nothing but the grammar decides.
      const text = `events {}\nhttp {\ntypes {\n${snippet};\n}\n}\n`;
      const config = parseConfig(text);
      const [types, ...others] = config.ok ? directivesAt(config.value, 'http', 'types') : [];
      const isMeant =
        config.ok &&
        config.value.length === 2 &&
        directivesAt(config.value, 'http')[0]?.block?.length === 1 &&
        others.length === 0 &&
        types?.block?.every((inner) => inner.block === undefined) === true;
      expect([snippet, nginx.accepts(text)]).toEqual([snippet, isMeant]);
      if (isMeant) accepted += 1;
    }
    // Both verdicts must have been seen often for the comparison to mean anything.
    expect(accepted).toBeGreaterThan(20);
    expect(accepted).toBeLessThan(130);
  });

  it('takes every upstream block that is written for it', () => {
    const texts = [
      ...recorded.mapping_cases,
      ...recorded.concurrency_cases.cases,
      ...recorded.random_cases.cases,
    ].map(({ upstream }, index) => formatUpstream({ ...upstreamOf(upstream), name: `u${index}` }));
    const awkward = formatUpstream({
      ...upstreamOf('upstream a { server 127.0.0.1:1; server 127.0.0.1:2 backup; random two; }'),
      name: 'a } http {',
      keepalive: 2,
      zone: { name: 'z', sizeBytes: 65_536 },
    });
    const config = parseConfig([...texts, awkward].join('\n'));
    if (!config.ok) throw new Error(JSON.stringify(config.faults));
    expect(nginx.accepts(nginx.configAround(config.value))).toBe(true);
  });

  it('reads the configuration that nginx came with, and what it includes', () => {
    const config = readConfig(nginx.defaultConfig(), diskFiles);
    if (!config.ok) throw new Error(JSON.stringify(config.faults));
    expect(directivesAt(config.value, 'http')).toHaveLength(1);
    // Its types come from an included file.
    expect(directivesAt(config.value, 'http', 'types')[0]?.at?.file).toMatch(/mime\.types$/);
  });

  it('normalizes request targets in the same way', async () => {
    const piece = fc.constantFrom(
      '/',
      '/',
      '.',
      '..',
      'a',
      'B',
      '%41',
      '%2F',
      '%2e',
      '%3f',
      '%23',
      '%25',
      '%',
      '%00',
      '?',
      '#',
      '+',
      '&',
      'é',
    );
    const targets = fc
      .sample(fc.array(piece, { maxLength: 10 }), { numRuns: 400, seed: 3 })
      .map((pieces, index) => byteString(`${index % 20 === 0 ? 'http://Host:1' : ''}/${pieces.join('')}`));
    const show = directive(
      'location',
      ['/'],
      [directive('return', ['200', '$uri|$args|$is_args|$request_uri|$host'])],
    );
    const key = compileKey('$uri|$args|$is_args|$request_uri|$host');
    if (!key.ok) throw new Error(key.message);
    let refused = 0;
    await nginx.serve([show], [], async () => {
      for (const uri of targets) {
        const { status, body } = await nginx.exchange(get(uri));
        const value = key.value({
          method: 'GET',
          uri,
          headers: { host: 'LB.example:80' },
          remoteAddress: 'unix:',
        });
        expect([uri, status === 400 ? undefined : body]).toEqual([uri, value]);
        expect(parseRequestTarget(uri) === undefined).toBe(status === 400);
        if (status === 400) refused += 1;
      }
    });
    expect(refused).toBeGreaterThan(20);
    expect(refused).toBeLessThan(380);
  });

  it('evaluates keys in the same way', async () => {
    const text =
      '$arg_x|$arg_Y|$http_x_user|$cookie_a|$cookie_B|$cookie_c|$request_method|$remote_addr|$content_type';
    const key = compileKey(text);
    if (!key.ok) throw new Error(key.message);
    const targets = ['/?x=1&y=2', '/?X=1&xx=2&=3&x', '/?xx=1&x=2=3', '/?y', '/?x=&x=2', '/?a&x=%41+b'];
    await nginx.serve([directive('location', ['/'], [directive('return', ['200', text])])], [], async () => {
      for (const uri of targets) {
        const { body } = await nginx.exchange(get(uri));
        const headers = { 'x-user': 'u1', cookie: 'a=1; b=2 3' };
        expect([uri, key.value({ method: 'GET', uri, headers, remoteAddress: 'unix:' })]).toEqual([
          uri,
          body,
        ]);
      }
    });
  });

  it('prints addresses in the same way', async () => {
    // Nobody listens on port 1 there, so each answer is a 502 whose header names the address.
    const servers = [
      '127.0.0.1:01',
      '127.00.0.001:1',
      '[::1]:1',
      '[0:0:0:0:0:0:0:1]:1',
      '[::ffff:127.0.0.1]:1',
      '[::127.0.0.1]:1',
      '[::]:1',
      '[::2:3]:1',
      '[1:0:0:2:0:0:0:3]:1',
      '[1:0:2:3:4:5:6:7]:1',
      '[FE80::A:0:0:1]:1',
      '[0:0:0:0:0:0:7:2]:1',
      '[0:0:0:0:0:0:0:102]:1',
      '[0:0:0:0:0:0:0:201]:1',
      'unix:/nowhere/a b.sock',
      'UNIX:/nowhere/x.sock',
    ];
    const upstreams = servers.map((server, index) =>
      directive('upstream', [`u${index}`], [directive('server', [server])]),
    );
    const locations = servers.map((_, index) =>
      directive(
        'location',
        ['=', `/${index}`],
        [
          directive('proxy_connect_timeout', ['200ms']),
          directive('proxy_pass', [`http://u${index}`]),
          directive('add_header', ['X-Upstream', '$upstream_addr', 'always']),
        ],
      ),
    );
    await nginx.serve(locations, upstreams, async () => {
      for (const [index, server] of servers.entries()) {
        const { head } = await nginx.exchange(get(`/${index}`));
        const address = parseAddress(server);
        expect([server, address.ok && address.value.canonical]).toEqual([
          server,
          /^X-Upstream: (.*)$/m.exec(head)?.[1]?.trim(),
        ]);
      }
    });
  });
});
