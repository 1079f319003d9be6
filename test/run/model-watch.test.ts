import { describe, expect, it } from 'vitest';
import type { LoadResult } from '../../src/engine/load-job.js';
import type { Plan, Target } from '../../src/model/plan.js';
import type { Sample } from '../../src/model/sample.js';
import { loadJobOf } from '../../src/run/load-job.js';
import { isPredictable, watchModel } from '../../src/run/model-watch.js';
import { planOf } from '../scenario/load-text.js';

const target: Target = {
  url: 'http://127.0.0.1:80/',
  tls: undefined,
  host: '127.0.0.1',
  port: 80,
  socketPath: undefined,
  authority: '127.0.0.1:80',
  pathPrefix: '',
};

function planWith({ algorithm = 'round_robin', lab = '', load = 'concurrency: 1', more = '' }): Plan {
  return planOf(`
lab:
  servers: ["127.0.0.1:8001 weight=3", "127.0.0.1:8002 weight=2"]
  ${lab}
algorithms: ["${algorithm}"]
load: { requests: 10, ${load} }
${more}
`);
}

function sample(index: number, backend: string | null, changes: Partial<Sample> = {}): Sample {
  const times = { start: index, wait: 0, connect: 0, ttfb: 1, service: 1 };
  return {
    index,
    request: 'GET /',
    backend,
    retries: [],
    status: 200,
    outcome: 'response',
    error: false,
    ...times,
    bytes: 10,
    ...changes,
  };
}

/** Watches requests of a plan; each is the number of the server that served it, `x` one that got no response. */
function watched(plan: Plan, served: string, warmupResponses?: number) {
  const [algorithm] = plan.algorithms;
  const watch = watchModel(plan, loadJobOf(plan, target, { poolNames: [] }), algorithm);
  for (const [index, server] of [...served].entries()) {
    watch?.record(
      server === 'x'
        ? sample(index, null, { status: null, outcome: 'timeout' })
        : sample(index, `127.0.0.1:800${server}`),
    );
  }
  const warmup = warmupResponses === undefined ? undefined : { started: 3, responses: warmupResponses };
  return watch?.result({ warmup } as LoadResult);
}

describe('the watch over a run', () => {
  it('follows the turns of round robin', () => {
    // nginx's picks of weights 3 and 2, recorded: 0 1 0 1 0, and over again.
    expect(watched(planWith({}), '1212112121')).toMatchObject({
      prediction: { checked: 10, asPredicted: 10, firstMismatch: undefined },
      warnings: [],
    });
  });

  it('names the first request that was not served by whom it should', () => {
    const result = watched(planWith({}), '1211112121');
    expect(result?.prediction).toMatchObject({
      checked: 10,
      asPredicted: 9,
      firstMismatch: { request: 3, key: undefined, expected: '127.0.0.1:8002', actual: '127.0.0.1:8001' },
    });
    expect(result?.warnings).toEqual([
      {
        code: 'model-mismatch',
        text: "1 of 10 requests were not placed as nginx's method does it, the first is request 3: 127.0.0.1:8001 served it, expected 127.0.0.1:8002",
      },
    ]);
  });

  it('begins behind the warm-up, and says nothing when that lost a request', () => {
    // Three turns, 1 2 1, were the warm-up's.
    const plan = planWith({ load: 'concurrency: 1, warmup: 3' });
    expect(watched(plan, '2112121121', 3)?.prediction).toMatchObject({ checked: 10, asPredicted: 10 });
    expect(watched(plan, '2112121121', 2)).toBeUndefined();
  });

  it('compares no turn after a failure', () => {
    expect(watched(planWith({}), '12x2222222')?.prediction).toMatchObject({
      checked: 2,
      asPredicted: 2,
      notComparable: 7,
    });
  });

  it('follows the keys of a hash and of ip_hash', () => {
    // crc32("/foo") >> 16 & 0x7fff is 10791; 10791 mod 5 is 1, which is within the first weight of 3.
    const requests = 'requests: [{ path: /foo }]';
    const plan = planWith({ algorithm: 'hash $request_uri', load: 'concurrency: 4', more: requests });
    expect(watched(plan, '1121')).toMatchObject({
      prediction: {
        checked: 4,
        asPredicted: 3,
        firstMismatch: { request: 2, key: '/foo', expected: '127.0.0.1:8001' },
        keys: { distinct: 1, moved: 1 },
      },
      warnings: [{ text: expect.stringContaining('the first is request 2 (key "/foo")') }],
    });
    // ip_hash of 127.0.0.x: 89, then 127, 0, 0, is ((89*113+127)*113+0)*113+0 mod 6271; the engine takes its addresses
    // in turn, and the two are one network.
    let hash = 89;
    for (const octet of [127, 0, 0]) hash = (hash * 113 + octet) % 6271;
    const server = hash % 5 < 3 ? '1' : '2';
    const pair = 'concurrency: 4, sourceAddresses: [127.0.0.1, 127.0.0.2]';
    expect(
      watched(planWith({ algorithm: 'ip_hash', load: pair }), server.repeat(6))?.prediction,
    ).toMatchObject({
      checked: 6,
      asPredicted: 6,
      keys: { distinct: 1 },
    });
  });

  it('only follows what the model can tell', () => {
    const can = (changes: Parameters<typeof planWith>[0]) => {
      const plan = planWith(changes);
      return isPredictable(plan, plan.algorithms[0]);
    };
    expect(can({})).toBe(true);
    expect(can({ load: 'concurrency: 2' })).toBe(false);
    expect(can({ lab: 'workers: 2\n  zone: false' })).toBe(false);
    expect(can({ lab: 'workers: 2\n  zone: true' })).toBe(true);
    expect(can({ algorithm: 'least_conn' })).toBe(false);
    expect(can({ algorithm: 'random' })).toBe(false);
    expect(can({ algorithm: 'ip_hash', load: 'concurrency: 50', lab: 'workers: 4' })).toBe(true);
    const behind = (method: string, host: string, load = '') => {
      const text = `target: http://${host}\nexpect: { nginxConf: n.conf, upstream: u }\n${load}`;
      const files = {
        'n.conf': `http { upstream u { ${method}; server 127.0.0.1:1; server 127.0.0.1:2; } }`,
      };
      return isPredictable(planOf(text, files), undefined);
    };
    expect(behind('hash $request_uri', 'balancer.example')).toBe(true);
    expect(behind('hash $remote_addr', 'balancer.example')).toBe(false);
    expect(behind('ip_hash', 'balancer.example')).toBe(false);
    expect(behind('ip_hash', 'balancer.example', 'load: { sourceAddresses: 10.0.0.1 }')).toBe(true);
    expect(behind('ip_hash', '127.0.0.1')).toBe(true);
    expect(behind('ip_hash', '[::1]:80')).toBe(true);
    expect(behind('zone u 64k', '127.0.0.1')).toBe(false);
    const limited = planWith({ algorithm: 'ip_hash' });
    const servers = limited.lab?.servers.map(({ line, behaviour }) => ({
      line: { ...line, maxConns: 1 },
      behaviour,
    }));
    const plan = { ...limited, lab: { ...limited.lab, servers } } as Plan;
    // Who is full at the moment the key does not tell.
    expect(watched(plan, '1')).toBeUndefined();
  });
});
