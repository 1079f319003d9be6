import { once } from 'node:events';
import { appendFileSync, renameSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.js';
import type { RunReport } from '../../src/model/report.js';
import { type Directive, directive } from '../../src/nginx/config/directive.js';
import { runScenario } from '../../src/run/run-scenario.js';
import { CountingBackends } from '../e2e/counting-backends.js';
import { freePorts } from '../lab/free-port.js';
import { planOf } from '../scenario/load-text.js';
import { BareNginx } from './bare-nginx.js';
import { describeWithNginx } from './real-nginx.js';

let backends: CountingBackends;
let nginx: BareNginx;
let dead = '';
beforeAll(async () => {
  backends = await CountingBackends.start(2);
  const [port = 0] = await freePorts(1);
  dead = `127.0.0.1:${port}`;
  nginx = new BareNginx();
});
afterAll(async () => {
  nginx.remove();
  await backends.close();
});
beforeEach(() => backends.forget());

const format =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" "$http_x_forwarded_for" to: $upstream_addr';

let logs = 0;

interface Setting {
  /** `always` behind add_header, or no header at all. */
  readonly header?: 'always' | 'on-success' | 'none';
  /** In front of the counting backends. */
  readonly also?: string;
  /** Arguments of access_log behind the format's name. */
  readonly buffer?: readonly string[];
  readonly format?: string;
  readonly during?: (log: string, pid: number) => Promise<void>;
}

/** Runs a scenario in front of nginx, which logs every request to `access.log` of its folder. */
async function measured(scenario: string, setting: Setting = {}): Promise<RunReport> {
  const { header = 'always', also, buffer = [], during } = setting;
  const log = join(nginx.folder, `access-${++logs}.log`);
  // As some log would be that others write to as well.
  appendFileSync(
    log,
    '127.0.0.1 - - [22/Nov/2026:10:04:03 +0000] "GET / HTTP/1.1" 200 2 "-" "curl/8" "-" to: 127.0.0.1:1\n',
  );
  const addresses = also === undefined ? backends.addresses : [also, ...backends.addresses];
  const pool = directive(
    'upstream',
    ['backend'],
    addresses.map((address) => directive('server', [address, 'max_fails=0'])),
  );
  const headers: Directive[] =
    header === 'none'
      ? []
      : [
          directive('add_header', [
            'X-Upstream',
            '$upstream_addr',
            ...(header === 'always' ? ['always'] : []),
          ]),
        ];
  const location = directive(
    'location',
    ['/'],
    [directive('proxy_pass', ['http://backend']), directive('access_log', [log, 'f', ...buffer]), ...headers],
  );
  const logFormat = directive('log_format', ['f', setting.format ?? format]);
  const plan: Plan = planOf(
    `target: http://unix:${nginx.socket}\nattribution: { log: ${log}, format: ${JSON.stringify(setting.format ?? format)} }\n${scenario}`,
  );
  return nginx.serve([location], [logFormat, pool], async (pid) => {
    const [report] = await Promise.all([runScenario(plan), during?.(log, pid)]);
    const [run] = report.runs;
    if (run === undefined) throw new Error('expected a run');
    return run;
  });
}

const countsOf = (run: RunReport) =>
  Object.fromEntries(run.backends.map(({ address, count }) => [address, count]));

describeWithNginx('a run attributed by the log of real nginx', () => {
  it('counts what the backends counted, without the warm-up and without other requests', async () => {
    const run = await measured('load: { requests: 300, concurrency: 4, warmup: 50 }');
    const received = Object.values(backends.counts()).reduce((sum, count) => sum + count, 0);
    expect(received).toBe(350);
    const counts = countsOf(run);
    expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(300);
    expect(Object.keys(counts).sort()).toEqual([...backends.addresses].sort());
    expect(run.unattributed).toBe(0);
    expect(run.reconciliation).toMatchObject({
      clientResponses: 300,
      logLines: 300,
      givenUp: 0,
      notProxied: 0,
      unmatched: 0,
      differences: [],
    });
    expect(run.warnings.filter(({ code }) => code === 'reconciliation')).toEqual([]);
  });

  it('sees the retries that a header without always hides on errors', async () => {
    const run = await measured('load: { requests: 300, concurrency: 1 }', {
      also: dead,
      header: 'none',
    });
    expect(countsOf(run)).toEqual({ ...backends.counts(), [dead]: 0 });
    // One process takes turns: every third request tries the dead one first.
    const retries = Object.fromEntries(run.backends.map((one) => [one.address, one.retries]));
    expect(retries[dead]).toBe(100);
    expect(run.unattributed).toBe(0);
    expect(run.reconciliation?.backends.every(({ headerCount }) => headerCount === 0)).toBe(true);
    expect(run.reconciliation?.differences).toEqual([]);
    expect(run.warnings.map(({ code }) => code)).not.toContain('unattributed');
  });

  it('marks a User-Agent of the scenario too', async () => {
    const run = await measured(
      'load: { requests: 20, concurrency: 2 }\nrequests: [{ path: /, headers: { User-Agent: probe/2 } }]',
    );
    expect(run.reconciliation?.logLines).toBe(20);
    expect(countsOf(run)).toEqual(backends.counts());
  });

  it('waits for the lines that nginx keeps in its buffer', async () => {
    const run = await measured('load: { requests: 20, concurrency: 2 }', {
      buffer: ['buffer=64k', 'flush=1s'],
    });
    expect(run.reconciliation?.logLines).toBe(20);
    expect(countsOf(run)).toEqual(backends.counts());
  });

  it('finds its lines on both sides of a rotation', async () => {
    const run = await measured('load: { duration: 1500ms, concurrency: 2, rate: 100/s }', {
      async during(log, pid) {
        await new Promise((resolve) => setTimeout(resolve, 500));
        renameSync(log, `${log}.1`);
        process.kill(pid, 'SIGUSR1');
      },
    });
    expect(run.reconciliation?.differences).toEqual([]);
    expect(run.reconciliation?.logLines).toBe(run.outcomes.responses);
    expect(countsOf(run)).toEqual(backends.counts());
  });

  it('names every difference when the log has less than the client saw', async () => {
    const run = await measured('load: { requests: 10, concurrency: 1 }', { buffer: ['if=$arg_log'] });
    expect(run.warnings.find(({ code }) => code === 'reconciliation')?.text).toContain(
      'could not be used, so backends are those that the response header names: it has no line of this run',
    );
    expect(countsOf(run)).toEqual(backends.counts());
    expect(run.reconciliation).toBeUndefined();
  });

  it('tells requests that the client gave up from those that were answered', async () => {
    const silent = createServer();
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    try {
      const run = await measured('load: { requests: 30, concurrency: 3, timeout: 200ms }', {
        also: `127.0.0.1:${port}`,
      });
      // One process takes turns: every third request waits for a backend that never answers.
      expect(run.outcomes).toMatchObject({ started: 30, responses: 20, timeouts: 10 });
      expect(countsOf(run)).toEqual({ ...backends.counts(), [`127.0.0.1:${port}`]: 0 });
      expect(run.reconciliation).toMatchObject({ clientResponses: 20, logLines: 30, givenUp: 10 });
      expect(run.reconciliation?.differences).toEqual([
        '10 requests given up by the client before nginx answered (status 499)',
      ]);
    } finally {
      silent.close();
    }
  });
});
