import { describe, expect, it } from 'vitest';
import { pem as tlsFile } from '../fixtures/tls.js';
import { faultsOf, load, planOf } from './load-text.js';

const target = 'target: http://127.0.0.1:8080\n';
const ca = tlsFile('ca.pem');
/** Certificate and key in one file. */
const pem = tlsFile('client.pem') + tlsFile('client.key');

describe('load', () => {
  it('with a rate is open, capped at 10,000 in flight unless said otherwise', () => {
    expect(planOf(`${target}load: { rate: 90/m }`).load).toMatchObject({
      model: 'open',
      ratePerSec: 1.5,
      concurrency: 10_000,
      requests: 1000,
    });
    expect(
      planOf(`${target}load: { rate: 200, concurrency: 5, arrivals: poisson, duration: 1m }`).load,
    ).toMatchObject({
      ratePerSec: 200,
      concurrency: 5,
      arrivals: 'poisson',
      requests: undefined,
      durationMs: 60_000,
    });
  });

  it('warms up by requests or by time, and not at all by zero', () => {
    const warmup = (value: string) => planOf(`${target}load: { warmup: ${value} }`).load.warmup;
    expect([warmup('100'), warmup('5s'), warmup('0'), warmup('0s')]).toEqual([
      { requests: 100 },
      { durationMs: 5000 },
      undefined,
      undefined,
    ]);
  });

  it('takes more connections than requests, where ab gives up', () => {
    expect(planOf(`${target}load: { requests: 5, concurrency: 10 }`).load.concurrency).toBe(10);
  });

  it('takes a list of source addresses', () => {
    expect(
      planOf(`${target}load: { sourceAddresses: ["127.0.0.{1..2}", 127.1.0.1] }`).load.sourceAddresses,
    ).toEqual(['127.0.0.1', '127.0.0.2', '127.1.0.1']);
  });
});

describe('a lab', () => {
  it('lets a server behave otherwise than the rest', () => {
    const { lab, expected } = planOf(`lab:
  balancer: embedded
  workers: 4
  zone: false
  port: 8080
  nginxPath: /opt/nginx
  servers:
    - 127.0.0.1:8001 weight=3
    - { server: "127.0.0.1:8002 weight=2", latency: 200ms }
    - { server: 127.0.0.1:8003 down, slots: 1 }
    - { server: "unix:/tmp/a.sock backup", jitter: 0ms }
  backend: { latency: 20ms, jitter: 5ms }
`);
    expect(lab).toMatchObject({
      balancer: 'embedded',
      workers: 4,
      zone: false,
      port: 8080,
      nginxPath: '/opt/nginx',
    });
    expect(lab?.servers.map(({ behaviour }) => behaviour)).toStrictEqual([
      { latencyMs: 20, jitterMs: 5, slots: undefined },
      { latencyMs: 200, jitterMs: 5, slots: undefined },
      { latencyMs: 20, jitterMs: 5, slots: 1 },
      { latencyMs: 20, jitterMs: 0, slots: undefined },
    ]);
    expect(expected).toEqual([
      { address: '127.0.0.1:8001', weight: 3 },
      { address: '127.0.0.1:8002', weight: 2 },
      { address: '127.0.0.1:8003', weight: 0 },
      { address: 'unix:/tmp/a.sock', weight: 0 },
    ]);
  });

  it('expects the backups to serve when all others are down', () => {
    expect(planOf('lab: { servers: [127.0.0.1:1 down, 127.0.0.1:2 backup weight=3] }').expected).toEqual([
      { address: '127.0.0.1:1', weight: 0 },
      { address: '127.0.0.1:2', weight: 3 },
    ]);
  });

  it('has inference servers as its backends, each with its own ways, and a proxy in front of them', () => {
    const { lab } = planOf(`lab:
  servers: [127.0.0.1:1, { server: 127.0.0.1:2, llm: { slots: 2, cache: 4k, cut: { every: 20, after: 8 } } }]
  backend: { llm: { preset: 70b-tp8-h100, speed: 10 } }
  proxy: { buffering: off, httpVersion: 1.1, readTimeout: 10m, tls: on }
`);
    const common = {
      head: 'early',
      role: 'with-first',
      reasoningTokens: 0,
      tokensPerEvent: 1,
      usage: 'asked',
    };
    expect(lab?.servers.map(({ behaviour }) => behaviour?.llm)).toMatchObject([
      { ...common, preset: '70b-tp8-h100', speed: 10, slots: 16, cacheTokens: 65_536, cut: undefined },
      {
        ...common,
        preset: '8b-h100',
        speed: 1,
        slots: 2,
        cacheTokens: 4000,
        cut: { every: 20, afterTokens: 8 },
      },
    ]);
    expect(lab?.proxy).toEqual({
      buffering: false,
      httpVersion: '1.1',
      readTimeoutMs: 600_000,
      gzip: false,
      tls: true,
      needsNginx: undefined,
    });
  });

  it('sorts its events by time and names backends by address', () => {
    const plan = planOf(`lab:
  servers: [127.0.0.1, "[0::1]:80"]
  events:
    - { at: 5s, backend: 127.0.0.1, do: start }
    - { at: 2s, backend: "[::1]:80", do: hang }
    - { at: 2s, backend: "[0::1]:80", do: slow }
`);
    expect(plan.lab?.events).toEqual([
      { atMs: 2000, backend: '[::1]:80', action: 'hang' },
      { atMs: 2000, backend: '[::1]:80', action: 'slow' },
      { atMs: 5000, backend: '127.0.0.1:80', action: 'start' },
    ]);
  });
});

describe('TLS', () => {
  it('reads the files and takes the name to check from the target', () => {
    const text = `target: https://example.com/
tls: { ca: ca.pem, cert: me.pem, key: me.pem, ciphers: HIGH, minVersion: TLSv1.2, maxVersion: TLSv1.3 }`;
    expect(planOf(text, { 'ca.pem': ca, 'me.pem': pem }).target?.tls).toStrictEqual({
      verify: true,
      serverName: 'example.com',
      ca,
      cert: pem,
      key: pem,
      ciphers: 'HIGH',
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.3',
    });
  });

  it('sends no name for an address or when switched off, another one when asked, and skips the check only when told to', () => {
    const tls = (text: string) => planOf(text).target?.tls;
    expect(tls('target: https://127.0.0.1')?.serverName).toBeUndefined();
    expect(tls('target: https://a\ntls: { serverName: false }')?.serverName).toBeUndefined();
    expect(tls('target: https://[::1]\ntls: { serverName: b.example }')?.serverName).toBe('b.example');
    expect(tls('target: https://a\ninsecure: true')?.verify).toBe(false);
    expect(tls('target: http://a\ninsecure: true')).toBeUndefined();
  });
});

describe('attribution', () => {
  it.each([
    ['{}', { by: 'header', name: 'x-upstream' }],
    ['{ header: X-Served-By }', { by: 'header', name: 'x-served-by' }],
    ['{ log: access.log }', { by: 'log', file: '/s/access.log', format: undefined, header: 'x-upstream' }],
    [
      '{ log: /var/log/a.log, format: "$http_user_agent $upstream_addr", header: X-B }',
      { by: 'log', file: '/var/log/a.log', format: '$http_user_agent $upstream_addr', header: 'x-b' },
    ],
    ['{ body: /server }', { by: 'body-pointer', pointer: '/server' }],
    ['{ body: { pointer: /data/i } }', { by: 'body-pointer', pointer: '/data/i' }],
    [
      '{ body: { pattern: "port (\\\\d+)", flags: iu } }',
      { by: 'body-pattern', pattern: 'port (\\d+)', flags: 'iu' },
    ],
  ])('%s', (text, attribution) => {
    expect(planOf(`${target}attribution: ${text}`).attribution).toStrictEqual(attribution);
  });

  it('refuses half a body map', () => {
    const faults = (body: string) => faultsOf(`${target}attribution: { body: ${body} }`);
    expect(faults('{}')).toEqual([
      's.yaml:2:22  attribution.body: expected one of pointer and pattern, got neither',
    ]);
    expect(faults('{ pointer: /a, flags: i }')).toEqual([
      's.yaml:2:37  attribution.body.flags: expected flags only beside a pattern, got them beside a pointer',
    ]);
    expect(faults('{ pattern: a, flags: x }')).toEqual([
      's.yaml:2:43  attribution.body.flags: expected flags out of i m s u, got "x"',
    ]);
  });

  it('takes any expression that can be had in linear time, and no other', () => {
    const loaded = load(`${target}attribution: { body: "/(a+)+b/" }`);
    expect(loaded.ok && loaded.warnings).toEqual([]);
    expect(faultsOf(`${target}attribution: { body: '/(?<=port )(\\d+)/' }`)).toEqual([
      expect.stringContaining(
        'expected a regular expression that takes linear time, got "(?<=port )(\\\\d+)"',
      ),
    ]);
  });
});

describe('expect', () => {
  const files = {
    'nginx.conf': `events {}
http {
  include conf.d/*.conf;
  upstream one { server 127.0.0.1:8001 weight=3; server 127.0.0.1:8002 down; server 127.0.0.1:8003 backup; }
}
`,
    'conf.d/two.conf': 'upstream two { least_conn; server 10.0.0.1; server 10.0.0.1:80 weight=2; }\n',
    'single.conf': 'upstream only { server 127.0.0.1:1; }',
    'broken.conf': 'http {\n  upstream x { server }\n',
    'none.conf': 'events {}',
  };

  it('takes weights by address, or by whatever the attribution calls a backend', () => {
    expect(planOf(`${target}expect: { 127.0.0.1:8001: 3, "[::1]:80": 0.5, web1: 0 }`).expected).toEqual([
      { address: '127.0.0.1:8001', weight: 3 },
      { address: '[::1]:80', weight: 0.5 },
      { address: 'web1', weight: 0 },
    ]);
  });

  it("takes them from an upstream block of nginx's configuration, includes and all", () => {
    const expected = (config: string) => planOf(`${target}expect: ${config}`, files).expected;
    expect(expected('{ nginxConf: nginx.conf, upstream: one }')).toEqual([
      { address: '127.0.0.1:8001', weight: 3 },
      { address: '127.0.0.1:8002', weight: 0 },
      { address: '127.0.0.1:8003', weight: 0 },
    ]);
    // The same address on two lines gets the weight of both.
    expect(expected('{ nginxConf: nginx.conf, upstream: two }')).toEqual([
      { address: '10.0.0.1:80', weight: 3 },
    ]);
    expect(expected('{ nginxConf: single.conf }')).toEqual([{ address: '127.0.0.1:1', weight: 1 }]);
  });

  it('says which blocks there are', () => {
    const faults = (config: string) => faultsOf(`${target}expect: ${config}`, files);
    expect(faults('{ nginxConf: nginx.conf, upstream: twoo }')).toEqual([
      's.yaml:2:44  expect.upstream: expected the name of an upstream block, got "twoo" in "nginx.conf"\n    hint: did you mean "two"? there are "two", "one"',
    ]);
    expect(faults('{ nginxConf: nginx.conf }')).toEqual([
      's.yaml:2:22  expect.nginxConf: expected one upstream block, got 2 in "nginx.conf"\n    hint: add upstream: "two"; there are "two", "one"',
    ]);
    expect(faults('{ nginxConf: none.conf }')).toEqual([
      's.yaml:2:22  expect.nginxConf: expected an upstream block, got none in "none.conf"\n    hint: write for example upstream backend { server 127.0.0.1:8001; server 127.0.0.1:8002; }',
    ]);
    // The other block may be the one that was meant.
    const half = { 'half.conf': 'upstream a { server 10.0.0.1; }\nupstream b { server 10.0.0.2 weight=0; }' };
    expect(faultsOf(`${target}expect: { nginxConf: half.conf }`, half)).toEqual([
      expect.stringMatching(/^\/s\/half\.conf:2:14 {2}expected .*weight/),
    ]);
    expect(planOf(`${target}expect: { nginxConf: half.conf, upstream: a }`, half).expected).toEqual([
      { address: '10.0.0.1:80', weight: 1 },
    ]);
    expect(faults('{ nginxConf: gone.conf }')).toEqual([
      expect.stringMatching(/^s\.yaml:2:22 {2}expect\.nginxConf: expected a readable file, got "gone\.conf"/),
    ]);
    expect(faults('{ nginxConf: broken.conf }')).toEqual([
      expect.stringMatching(/^\/s\/broken\.conf:\d+:\d+ {2}expected /),
    ]);
    expect(faults('{ nginxConf: 5, upstream: 6 }')).toEqual([
      's.yaml:2:22  expect.nginxConf: expected the name of an nginx configuration file, got 5\n    hint: put it in quotes',
      's.yaml:2:35  expect.upstream: expected the name of an upstream block, got 6\n    hint: put it in quotes',
    ]);
    expect(faults('{ 127.0.0.1:1: x, 127.0.0.1:2: y, 127.0.0.1:3: -1 }')).toEqual([
      's.yaml:2:24  expect["127.0.0.1:1"]: expected a weight of at least 0, got "x"',
      's.yaml:2:40  expect["127.0.0.1:2"]: expected a weight of at least 0, got "y"',
      's.yaml:2:56  expect["127.0.0.1:3"]: expected a weight of at least 0, got -1',
    ]);
  });
});

describe('files', () => {
  it('are refused when they are not what their key says', () => {
    const files = {
      'a.json': '{',
      'b.txt': Uint8Array.of(0xff),
    };
    const text = `${target}requests:
  - { path: /a, jsonFile: a.json }
  - { path: /b, textFile: b.txt }
  - { path: /d, file: "a\\nb" }
`;
    expect(faultsOf(text, files).map((fault) => fault.replace(/\n.*/s, ''))).toEqual([
      's.yaml:3:27  requests[0].jsonFile: expected JSON, got something else in "a.json"',
      's.yaml:4:27  requests[1].textFile: expected a file in UTF-8, got other bytes in "b.txt"',
      's.yaml:5:23  requests[2].file: expected the name of a file, got "a\\nb"',
    ]);
  });
});
