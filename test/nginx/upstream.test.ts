import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Algorithm } from '../../src/model/algorithm.js';
import type { Upstream } from '../../src/model/upstream.js';
import { parseConfig } from '../../src/nginx/config/parse.js';
import { formatUpstream, type Upstreams, upstreamsOf } from '../../src/nginx/upstream.js';

function read(text: string): Upstreams {
  const config = parseConfig(text, 'x.conf');
  if (!config.ok) throw new Error(JSON.stringify(config.faults));
  return upstreamsOf(config.value);
}

const line = { weight: 1, maxFails: 1, failTimeoutSec: 10, maxConns: 0, backup: false, down: false };

describe('upstreamsOf', () => {
  it('reads everything that an upstream block says', () => {
    const { blocks, faults } = read(`http {
      upstream backend {
        zone backend 64k;
        hash $request_uri consistent;
        server 127.0.0.1:8001 weight=3 max_conns=5;
        server localhost down;
        keepalive 32;
        keepalive_timeout 60s;
      }
    }`);
    expect(faults).toEqual([]);
    expect(blocks.map(({ upstream }) => upstream)).toEqual([
      {
        name: 'backend',
        servers: [
          { ...line, server: '127.0.0.1:8001', address: '127.0.0.1:8001', weight: 3, maxConns: 5 },
          { ...line, server: 'localhost', address: 'localhost:80', down: true },
        ],
        algorithm: { method: 'hash', key: '$request_uri', consistent: true },
        zone: { name: 'backend', sizeBytes: 65_536 },
        keepalive: 32,
      },
    ]);
    expect(blocks[0]).toMatchObject({ unmodelled: [], warnings: [] });
  });

  it('finds blocks in http, stream and files of their own, whose names may repeat', () => {
    const text = 'upstream a { server b; }';
    expect(read(`http { ${text} } stream { ${text} } ${text}`).blocks).toHaveLength(3);
  });

  it('lists what is not modelled', () => {
    const { blocks } = read('upstream a { server b; sticky cookie c; check interval=3000; }');
    expect(blocks[0]?.unmodelled.map(({ name }) => name)).toEqual(['sticky', 'check']);
  });

  it('warns where nginx does otherwise than written', () => {
    const { blocks } = read('upstream a { keepalive 2; ip_hash;\n least_conn; server b; }');
    expect(blocks[0]?.upstream.algorithm).toEqual({ method: 'least_conn' });
    expect(blocks[0]?.warnings).toEqual([
      expect.objectContaining({ line: 1, message: expect.stringContaining('switches keepalive off') }),
      expect.objectContaining({ line: 2, message: 'the balancing method is redefined; the last one counts' }),
    ]);
  });

  it('takes backups before a hash method but not after it, as nginx does', () => {
    expect(read('upstream a { server b; server c backup; ip_hash; }').faults).toEqual([]);
    expect(read('upstream a { ip_hash; server b;\n server c backup; }').faults).toMatchObject([
      { line: 2, column: 2, message: 'expected no backup after ip_hash, got "c backup"' },
    ]);
  });

  it.each([
    ['upstream a {}', 1, 'expected a server that is not a backup in upstream "a", got none'],
    [
      'upstream a { server b backup; }',
      1,
      'expected a server that is not a backup in upstream "a", got none',
    ],
    ['upstream {}', 1, 'expected upstream NAME { … }'],
    ['upstream a;', 1, 'expected upstream NAME { … }'],
    [
      'upstream a { server b; } upstream a { server b; }',
      1,
      'expected upstream names to differ, got "a" again',
    ],
    [
      'upstream a {\n server b weight=x; }',
      2,
      'expected weight= to be an integer from 1 to 1000000, got "x"',
    ],
    ['upstream a {\n server b;\n hash; }', 3, 'expected a key after hash, got nothing'],
    ['upstream a {\n server b;\n keepalive x; }', 3, 'expected a number of idle connections, got "x"'],
    ['upstream a {\n server b;\n zone x 1t; }', 3, 'expected a size such as 64k or 1m, got "1t"'],
    ['upstream a {\n server b;\n zone; }', 3, 'expected zone NAME [SIZE]'],
  ])('faults %j with its place', (text, lineNumber, message) => {
    expect(read(text).faults).toMatchObject([{ file: 'x.conf', line: lineNumber, message }]);
  });

  it('reads every upstream block that nginx was recorded with', () => {
    const file = join(process.env.LBBENCH_CASES ?? 'test/cases', 'nginx-picks.json');
    const texts = [...readFileSync(file, 'utf8').matchAll(/"upstream": ("(?:[^"\\]|\\.)*")/g)].map(
      ([, text = '""']): string => JSON.parse(text),
    );
    expect(texts.length).toBeGreaterThan(30);
    for (const text of texts) {
      const { blocks, faults } = read(text);
      expect(faults).toEqual([]);
      expect(blocks).toHaveLength(1);
    }
  });
});

describe('formatUpstream', () => {
  const algorithm = fc.constantFrom<Algorithm>(
    { method: 'round_robin' },
    { method: 'least_conn' },
    { method: 'ip_hash' },
    { method: 'hash', key: '$host "; } $uri', consistent: true },
    { method: 'hash', key: 'a', consistent: false },
    { method: 'random', two: false },
    { method: 'random', two: true },
  );
  const upstream: fc.Arbitrary<Upstream> = fc.record({
    name: fc.string({ minLength: 1, unit: 'binary' }),
    servers: fc
      .array(
        fc.record({
          port: fc.integer({ min: 1, max: 65_535 }),
          weight: fc.integer({ min: 1, max: 9 }),
          backup: fc.boolean(),
        }),
      )
      .map((lines) =>
        [{ port: 1, weight: 1, backup: false }, ...lines].map(({ port, weight, backup }) => {
          const address = `127.0.0.1:${port}`;
          return { ...line, server: address, address, weight, backup };
        }),
      ),
    algorithm,
    zone: fc.option(
      fc.record({ name: fc.string({ minLength: 1 }), sizeBytes: fc.constantFrom(undefined, 65_536) }),
      {
        nil: undefined,
      },
    ),
    keepalive: fc.option(fc.nat(100), { nil: undefined }),
  });

  it('writes what upstreamsOf reads back, without a warning', () => {
    fc.assert(
      fc.property(upstream, (made) => {
        const { blocks, faults } = read(formatUpstream(made));
        expect(faults).toEqual([]);
        expect(blocks.map((block) => block.upstream)).toEqual([made]);
        expect(blocks[0]?.warnings).toEqual([]);
      }),
    );
  });
});

describe('blocks of other nginx than the models’', () => {
  const blocksOf = (text: string) => {
    const config = parseConfig(text, 'nginx.conf');
    if (!config.ok) throw new Error(JSON.stringify(config.faults));
    return upstreamsOf(config.value);
  };

  it('are read over what the commercial nginx and newer ones add', () => {
    const { blocks, faults } = blocksOf(`upstream u {
      zone u 64k;
      least_time header;
      server web.example.com:8080 service=http resolve weight=3 slow_start=30s route=a;
      server 10.0.0.1:80 max_conns=100 drain;
      server 10.0.0.2:80 backup;
      sticky cookie srv_id expires=1h;
      queue 100 timeout=70;
      keepalive 32;
      ntlm;
    }`);
    expect(faults).toEqual([]);
    const [block] = blocks;
    expect(
      block?.upstream.servers.map(({ address, weight, down, backup }) => [address, weight, down, backup]),
    ).toEqual([
      ['web.example.com:8080', 3, false, false],
      ['10.0.0.1:80', 1, true, false],
      ['10.0.0.2:80', 1, false, true],
    ]);
    expect(block?.unmodelled.map(({ name }) => name)).toEqual([
      'least_time',
      'service=http',
      'resolve',
      'slow_start=30s',
      'route=a',
      'drain',
      'sticky',
      'queue',
      'ntlm',
    ]);
    expect(block?.isDynamic).toBe(false);
    expect(blocksOf('upstream u { random two least_time=last_byte; server a:1; }').faults).toEqual([]);
  });

  it('say nothing of their servers where Lua or an API decides', () => {
    const { blocks, faults } = blocksOf(`
      upstream upstream_balancer { server 0.0.0.1:1234; balancer_by_lua_block { tcp_udp_balancer.balance() } keepalive 320; }
      upstream api { zone api 64k; state /var/lib/nginx/state/api.conf; }`);
    expect(faults).toEqual([]);
    expect(blocks.map(({ isDynamic }) => isDynamic)).toEqual([true, true]);
  });

  it('are still refused what no nginx takes', () => {
    expect(blocksOf('upstream u { server a:1 wieght=3; }').faults[0]?.message).toMatch(/got "wieght=3"/);
    expect(blocksOf('upstream u { random three; server a:1; }').faults).toHaveLength(1);
  });
});
