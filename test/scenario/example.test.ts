import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { LabServer, Plan } from '../../src/model/plan.js';
import { scenarioTemplate } from '../../src/scenario/template.js';
import { impliedErrors, parseRules } from '../../src/verdict/rule.js';
import { exampleFiles, labExample, targetExample } from './design-example.js';
import { faultsOf, planOf } from './load-text.js';

const sourceAddresses = Array.from({ length: 32 }, (_, index) => `127.0.${index + 1}.1`);

/** What both examples have in common. */
const common = {
  name: 'chat-and-completions',
  seed: 1,
  repeat: 1,
  engine: 'native',
  threads: 1,
  load: {
    model: 'closed',
    requests: 1000,
    durationMs: undefined,
    concurrency: 10,
    ratePerSec: undefined,
    arrivals: 'constant',
    warmup: { requests: 100 },
    keepAlive: true,
    httpVersion: '1.1',
    timeoutMs: 30_000,
    streamTimeoutMs: 30_000,
    idleTimeoutMs: undefined,
    sourceAddresses,
  },
  requests: [
    {
      name: 'chat',
      method: 'POST',
      path: '/chat',
      headers: [['Content-Type', 'application/json']],
      body: { kind: 'template', text: '{"message":"Hello, this is a test message"}' },
      weight: 1,
    },
    {
      name: 'completions',
      method: 'POST',
      path: '/completions?user={1..500}',
      headers: [['Content-Type', 'text/plain; charset=utf-8']],
      body: { kind: 'bytes', bytes: Buffer.from('Es war einmal\n') },
      weight: 1,
    },
  ],
  attribution: { by: 'header', name: 'x-upstream' },
  expected: [
    { address: '127.0.0.1:8001', weight: 3 },
    { address: '127.0.0.1:8002', weight: 2 },
  ],
  thresholds: parseRules(
    [
      'skew < 5%',
      'p99 < 250ms',
      'errors < 0.1%',
      'rps > 200',
      'p99{request=chat} < 300ms',
      'share{backend=127.0.0.1:8001} > 55%',
    ],
    'thresholds',
  ).map((rule) => ({ rule, abortOnFail: false })),
} as const satisfies Partial<Plan>;

function server(address: string, parameters: Partial<LabServer['line']>): LabServer {
  return {
    line: {
      server: address,
      address,
      weight: 1,
      maxFails: 1,
      failTimeoutSec: 10,
      maxConns: 0,
      backup: false,
      down: false,
      ...parameters,
    },
    behaviour: { latencyMs: 20, jitterMs: 10, slots: 8 },
  };
}

describe('a full scenario', () => {
  it('with a lab loads to exactly this plan', () => {
    const plan: Plan = {
      ...common,
      target: undefined,
      lab: {
        balancer: 'auto',
        nginxPath: undefined,
        workers: 1,
        zone: true,
        port: 0,
        servers: [
          server('127.0.0.1:8001', { weight: 3, maxFails: 3, failTimeoutSec: 30 }),
          server('127.0.0.1:8002', { weight: 2 }),
        ],
        events: [],
      },
      algorithms: [
        { method: 'round_robin' },
        { method: 'least_conn' },
        { method: 'ip_hash' },
        { method: 'hash', key: '$request_uri', consistent: true },
        { method: 'random', two: true },
      ],
    };
    expect(planOf(labExample, exampleFiles)).toStrictEqual(plan);
  });

  it('with a target loads to exactly this plan', () => {
    const plan: Plan = {
      ...common,
      target: {
        url: 'http://127.0.0.1:8080',
        tls: undefined,
        host: '127.0.0.1',
        port: 8080,
        socketPath: undefined,
        authority: '127.0.0.1:8080',
        pathPrefix: '',
      },
      lab: undefined,
      algorithms: [],
    };
    expect(planOf(targetExample, exampleFiles)).toStrictEqual(plan);
  });

  it('survives a structured clone, as threads need it', () => {
    const plan = planOf(labExample, exampleFiles);
    expect(structuredClone(plan)).toEqual({
      ...plan,
      requests: plan.requests.map((request) =>
        request.body?.kind === 'bytes'
          ? { ...request, body: { kind: 'bytes', bytes: new Uint8Array(request.body.bytes) } }
          : request,
      ),
    });
  });
});

describe('the smallest scenario', () => {
  it('is a target: 1000 GETs, one at a time', () => {
    expect(planOf('target: http://localhost/status')).toStrictEqual({
      name: 's',
      seed: 1,
      target: {
        url: 'http://localhost/status',
        tls: undefined,
        host: 'localhost',
        port: 80,
        socketPath: undefined,
        authority: 'localhost',
        pathPrefix: '',
      },
      lab: undefined,
      algorithms: [],
      repeat: 1,
      engine: 'native',
      threads: 1,
      load: {
        model: 'closed',
        requests: 1000,
        durationMs: undefined,
        concurrency: 1,
        ratePerSec: undefined,
        arrivals: 'constant',
        warmup: undefined,
        keepAlive: true,
        httpVersion: '1.1',
        timeoutMs: 30_000,
        streamTimeoutMs: 600_000,
        idleTimeoutMs: undefined,
        sourceAddresses: [],
      },
      requests: [
        { name: 'GET /status', method: 'GET', path: '/status', headers: [], body: undefined, weight: 1 },
      ],
      attribution: { by: 'header', name: 'x-upstream' },
      expected: undefined,
      thresholds: [{ rule: impliedErrors, abortOnFail: false }],
    } satisfies Plan);
  });

  it('with a lab balances by round robin and gets /', () => {
    const plan = planOf('lab: { servers: [127.0.0.1:8001] }');
    expect(plan.algorithms).toEqual([{ method: 'round_robin' }]);
    expect(plan.requests.map(({ name }) => name)).toEqual(['GET /']);
    expect(plan.lab?.servers[0]?.behaviour).toStrictEqual({ latencyMs: 0, jitterMs: 0, slots: undefined });
  });
});

describe('the scenarios that come with lbbench', () => {
  it('has no faults in the one that init writes, nor unused pruning of its values', () => {
    expect(faultsOf(scenarioTemplate)).toEqual([]);
    expect(planOf(scenarioTemplate)).toMatchObject({
      name: 'my-balancer',
      load: { requests: 1000, concurrency: 10, warmup: { requests: 100 } },
      expected: [{ weight: 3 }, { weight: 2 }],
    });
  });

  it('has only right lines behind the comments of the one that init writes', () => {
    // `# key: value` and `# - item` lines are examples to uncomment; each must parse where it stands.
    const uncommented = scenarioTemplate
      .replace('# rate: 200/s  ', 'rate: 200/s    ')
      .replace('# arrivals: poisson', 'arrivals: poisson  ')
      .replace('# sourceAddresses:', 'sourceAddresses:')
      .replace('# - { server: 127.0.0.1:18003', '- { server: 127.0.0.1:18003')
      .replace('# events: ', 'events: ')
      .replace('#   - { at: 2s', '  - { at: 2s')
      .replace('#   - { at: 5s', '  - { at: 5s')
      .replace('# repeat: 3', 'repeat: 3')
      .replace('# headers: {', 'headers: {')
      .replace('# auth: {', 'auth: {')
      .replace('# errors: {', 'errors: {')
      .replace('# seed: 1', 'seed: 1')
      .replace('# - share{', '- share{')
      .replace('# - p99{request=chat} < 300ms', '- service.p99{request=chat} < 300ms')
      .replace('# - { rule:', '- { rule:');
    expect(uncommented.match(/^ *# +[\w-]+: /gm)).toEqual(['# target: ', '# expect: ', '# expect: ']);
    const plan = planOf(uncommented);
    expect(plan.lab?.events.map(({ atMs, action }) => [atMs, action])).toEqual([
      [2000, 'stop'],
      [5000, 'start'],
    ]);
    expect(plan.repeat).toBe(3);
    expect(plan.thresholds).toHaveLength(6);
    expect(plan.load).toMatchObject({ model: 'open', ratePerSec: 200, arrivals: 'poisson', concurrency: 10 });
  });

  it('has no faults in quickstart.yaml', () => {
    const text = readFileSync(new URL('../../scenarios/quickstart.yaml', import.meta.url), 'utf8');
    expect(planOf(text)).toMatchObject({
      name: 'quickstart',
      algorithms: [{ method: 'round_robin' }],
      load: { requests: 1000, concurrency: 10 },
      lab: { balancer: 'auto', servers: [{ behaviour: { latencyMs: 2 } }, { behaviour: { latencyMs: 2 } }] },
      thresholds: [{ rule: { text: 'skew < 5%' }, abortOnFail: false }, { rule: impliedErrors }],
    });
  });
});
