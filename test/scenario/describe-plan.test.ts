import { describe, expect, it } from 'vitest';
import { checkText } from '../../src/scenario/check-text.js';
import { describePlan } from '../../src/scenario/describe-plan.js';
import { faultText } from '../../src/scenario/fault-text.js';
import { pem } from '../fixtures/tls.js';
import { exampleFiles, labExample } from './design-example.js';
import { planOf } from './load-text.js';

describe('a plan in a report', () => {
  it('holds no credentials, wherever they were written', () => {
    const key = pem('client.key');
    const plan = planOf(
      `target: https://alice:S3CRET-url@h/x?token=S3CRET-query
headers: { X-Api-Key: S3CRET-key, Proxy-Authorization: S3CRET-proxy, X-Auth-Token: S3CRET-token, X-Team: search }
cookies: { session: S3CRET-cookie }
tls: { cert: c.pem, key: k.pem }
`,
      { 'c.pem': pem('client.pem'), 'k.pem': key },
    );
    const text = JSON.stringify(describePlan(plan));
    expect(text).not.toContain('S3CRET');
    expect(text).not.toContain(key.split('\n')[1]);
    // base64 of "alice:S3CRET-url" without padding
    expect(text).not.toContain('YWxpY2U6UzNDUkVULXVyb');
    expect(describePlan(plan)).toMatchObject({
      target: { url: 'https://h/x?token=[removed]', tls: { cert: '[set]', key: '[removed]', ca: null } },
      requests: [
        {
          name: 'GET /x?token=[removed]',
          path: '/x?token=[removed]',
          headers: [
            ['X-Api-Key', '[removed]'],
            ['Proxy-Authorization', '[removed]'],
            ['X-Auth-Token', '[removed]'],
            ['X-Team', 'search'],
            ['Authorization', '[removed]'],
            ['Cookie', '[removed]'],
          ],
        },
      ],
    });
    // What is sent stays whole.
    expect(plan.requests[0]?.path).toBe('/x?token=S3CRET-query');
    const own = planOf('target: http://h\nrequests: [{ path: /, auth: { user: a, password: S3CRET } }]');
    expect(describePlan(own)).toMatchObject({ requests: [{ headers: [['Authorization', '[removed]']] }] });
  });

  it('writes methods and servers as nginx does, and nothing that JSON lacks', () => {
    const described = describePlan(planOf(labExample, exampleFiles));
    expect(described).toMatchObject({
      target: null,
      algorithms: [
        'round_robin',
        'least_conn',
        'ip_hash',
        'hash $request_uri consistent',
        'random two least_conn',
      ],
      lab: {
        servers: [
          {
            server: '127.0.0.1:8001 weight=3 max_fails=3 fail_timeout=30s',
            latencyMs: 20,
            jitterMs: 10,
            slots: 8,
          },
          { server: '127.0.0.1:8002 weight=2' },
        ],
      },
      requests: [
        { body: { kind: 'template', sizeBytes: 43 } },
        { body: { kind: 'bytes', text: 'Es war einmal\n' } },
      ],
    });
    expect(JSON.parse(JSON.stringify(described))).toEqual(described);
  });

  it('stays small, whatever the bodies and addresses are', () => {
    const plan = planOf(
      `target: http://h
load: { sourceAddresses: "127.1.{0..255}.{0..255}" }
requests: [{ path: /a, textFile: a.txt }, { path: /b, file: b.bin }, { path: /c, textFile: c.txt }]`,
      { 'a.txt': 'x'.repeat(5_000_000), 'b.bin': Uint8Array.of(0xff, 0), 'c.txt': `x${'你'.repeat(4000)}` },
    );
    const described = describePlan(plan);
    expect(JSON.stringify(described).length).toBeLessThan(10_000);
    expect(described).toMatchObject({
      load: { sourceAddresses: { count: 65_536, first: '127.1.0.0', last: '127.1.255.255' } },
      requests: [
        { body: { sizeBytes: 5_000_000, text: `${'x'.repeat(2000)}…` } },
        { body: { sizeBytes: 2, text: null } },
        { body: { sizeBytes: 12_001, text: `x${'你'.repeat(1999)}…` } },
      ],
    });
  });
});

describe('texts for the terminal', () => {
  it('say in a few lines what a checked scenario would do', () => {
    expect(checkText(planOf(labExample, exampleFiles), 'a.yaml')).toBe(`a.yaml: no faults
  sends to    2 demo backends behind nginx, or the embedded balancer where there is none
  algorithms  round_robin, least_conn, ip_hash, hash $request_uri consistent, random two least_conn
  load        1000 requests, 10 at a time
  requests    chat, completions
  thresholds  skew < 5%; p99 < 250ms; errors < 0.1%; rps > 200; p99{request=chat} < 300ms; share{backend=127.0.0.1:8001} > 55%
`);
    expect(
      checkText(
        planOf('lab: { balancer: nginx, backends: running, servers: ["app:80 weight=2"] }'),
        'c.yaml',
      ),
    ).toContain('  sends to    1 running backend behind nginx\n');
    expect(
      checkText(planOf('target: http://u:p@h/x\nload: { rate: 90/m, duration: 30s }\nrepeat: 3'), 'b.yaml'),
    ).toBe(
      `b.yaml: no faults
  sends to    http://h/x
  algorithms  the balancer's own
  load        30 s, 1.5 a second, at most 10000 in flight, 3 rounds
  requests    GET /x
  thresholds  errors < 1% (implied)
`,
    );
  });

  it('put the place of a fault in front, as compilers do', () => {
    const message = 'expected a, got b';
    expect(faultText({ file: 's.yaml', line: 1, column: 2, path: 'load', message, hint: 'do c' })).toBe(
      's.yaml:1:2  load: expected a, got b\n    hint: do c',
    );
    expect(faultText({ path: '-n', message })).toBe('-n: expected a, got b');
    expect(faultText({ file: 's.yaml', line: 1, column: 2, path: '', message })).toBe(
      's.yaml:1:2  expected a, got b',
    );
    expect(faultText({ message })).toBe('expected a, got b');
  });
});
