import { describe, expect, it } from 'vitest';
import { startLab } from '../../src/lab/lab.js';
import type { Algorithm } from '../../src/model/algorithm.js';
import type { LabPlan } from '../../src/model/plan.js';
import type { RunReport } from '../../src/model/report.js';
import { runScenario } from '../../src/run/run-scenario.js';
import { freePorts } from '../lab/free-port.js';
import { planOf } from '../scenario/load-text.js';
import { describeWithNginx } from './real-nginx.js';

/** Runs three backends of weights 3, 2 and 1 in a lab. */
async function runsOf(
  balancer: 'nginx' | 'embedded',
  { algorithms, load, more = '' }: { algorithms: readonly string[]; load: string; more?: string },
): Promise<readonly RunReport[]> {
  const servers = (await freePorts(3)).map(
    (port, index) => `"127.0.0.1:${port} weight=${3 - index} fail_timeout=1s"`,
  );
  const events = more === '' ? '' : more.replaceAll('SECOND', servers[1]?.slice(1).split(' ')[0] ?? '');
  const plan = planOf(`
name: model
lab:
  balancer: ${balancer}
  servers: [${servers.join(', ')}]
  ${events}
algorithms: ${JSON.stringify(algorithms)}
load: { ${load} }
requests:
  - { name: get, method: GET, path: "/item/{1..150}?user={1..3}", weight: 3 }
  - { name: post, method: POST, path: "/näme/{1..20}", text: "{1..9}", headers: { X-User: abc }, weight: 1 }
`);
  return (await runScenario(plan)).runs;
}

const hashes = [
  'ip_hash',
  'hash $request_uri',
  'hash $request_uri consistent',
  'hash $uri$http_x_user$request_method',
];
const sources = 'sourceAddresses: "127.0.{1..40}.1"';

function placesAsModelled(balancer: 'nginx' | 'embedded') {
  it('places every request of a hash as the model says', async () => {
    const load = `requests: 1500, concurrency: 8, ${sources}`;
    for (const run of await runsOf(balancer, { algorithms: hashes, load })) {
      expect(run.prediction).toMatchObject({
        checked: 1500,
        asPredicted: 1500,
        mispredicted: 0,
        notComparable: 0,
        firstMismatch: undefined,
      });
      const { keys } = run.prediction ?? {};
      expect(keys).toMatchObject({ moved: 0, movedRatio: 0, capped: false });
      expect(keys?.perBackend.reduce((sum, { count }) => sum + count, 0)).toBe(keys?.distinct);
      expect(keys?.perBackend.map(({ address }) => address)).toEqual(
        run.backends.map(({ address }) => address),
      );
      // Forty networks, or at most 150 * 3 + 20 targets.
      if (run.algorithm === 'ip_hash') expect(keys?.distinct).toBe(40);
      else expect(keys?.distinct).toBeGreaterThan(150);
      expect(run.warnings.map(({ code }) => code)).not.toContain('model-mismatch');
    }
  });

  it('takes turns as the model says, one request at a time, behind a warm-up too', async () => {
    for (const warmup of ['', ', warmup: 7']) {
      const [run] = await runsOf(balancer, {
        algorithms: ['round_robin'],
        load: `requests: 300, concurrency: 1${warmup}`,
      });
      expect(run?.prediction).toMatchObject({ checked: 300, asPredicted: 300, keys: undefined });
    }
  });

  it('says nothing where the model cannot: turns of requests that overlap', async () => {
    const load = 'requests: 100, concurrency: 4';
    for (const run of await runsOf(balancer, { algorithms: ['round_robin', 'least_conn', 'random'], load })) {
      expect(run.prediction).toBeUndefined();
    }
  });

  it('leaves out what a failing backend moves', async () => {
    const [run] = await runsOf(balancer, {
      algorithms: ['hash $request_uri consistent'],
      load: 'duration: 3s, concurrency: 2',
      more: 'events: [{ at: 1s, backend: "SECOND", do: stop }]\n  backend: { latency: 2ms }',
    });
    const { prediction, failover } = run ?? {};
    expect(failover?.events[0]?.doneMs).toBeDefined();
    expect(prediction?.checked).toBeGreaterThan(0);
    expect(prediction?.notComparable).toBeGreaterThan(0);
    expect(prediction).toMatchObject({ mispredicted: 0, firstMismatch: undefined });
    expect(prediction?.keys?.moved).toBeGreaterThan(0);
  });
}

/** Runs a lab's nginx as one that is there already, of which only the configuration is known. */
async function runOfTarget(method: string, read: (conf: string) => string) {
  const servers = (await freePorts(3)).map((port, index) => `127.0.0.1:${port} weight=${3 - index}`);
  const { lab: labPlan, algorithms } = planOf(
    `lab: { balancer: nginx, servers: ${JSON.stringify(servers)} }\nalgorithms: ["${method}"]`,
  );
  const lab = await startLab(labPlan as LabPlan, {
    seed: 1,
    algorithm: algorithms[0] as Algorithm,
    onWarning: () => {},
  });
  try {
    const conf = `http { upstream pool { ${method}; ${servers.map((server) => `server ${server};`).join(' ')} } }`;
    const plan = planOf(
      `target: http://127.0.0.1:${lab.target.port}
expect: { nginxConf: nginx.conf, upstream: pool }
load: { requests: 400, concurrency: 4, sourceAddresses: "127.0.{1..20}.1" }
requests: [{ path: "/item/{1..150}" }, { method: POST, path: /chat, json: { message: "{1..99999}" } }]
`,
      { 'nginx.conf': read(conf) },
    );
    return (await runScenario(plan)).runs[0];
  } finally {
    await lab.close();
  }
}

describeWithNginx('a balancer that runs already against the model of its configuration', () => {
  it.each(['hash $request_uri consistent', 'ip_hash', 'hash $request_method$content_length'])(
    'is placed as modelled by %s',
    async (method) => {
      const run = await runOfTarget(method, (conf) => conf);
      expect(run?.prediction).toMatchObject({ checked: 400, asPredicted: 400, keys: { moved: 0 } });
      expect(run?.warnings.map(({ code }) => code)).not.toContain('model-mismatch');
      expect(run?.balancer).toMatch(/^http:\/\/127\.0\.0\.1:\d+ \(upstream pool\)$/);
    },
  );

  it('is found out when it was loaded with another configuration', async () => {
    const run = await runOfTarget('hash $request_uri', (conf) => conf.replace('weight=3', 'weight=9'));
    expect(run?.prediction?.mispredicted).toBeGreaterThan(0.1);
    expect(run?.warnings.map(({ text }) => text).join()).toContain(
      'is this the block that serves the target',
    );
  });

  it('is not compared where the picks depend on more than the request', async () => {
    expect((await runOfTarget('least_conn', (conf) => conf))?.prediction).toBeUndefined();
  });
});

describeWithNginx('nginx against the model of its methods, in a run', () => placesAsModelled('nginx'));
describe('the embedded balancer against the model, in a run', () => placesAsModelled('embedded'));
