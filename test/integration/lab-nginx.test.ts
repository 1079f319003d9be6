import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type Lab, startLab } from '../../src/lab/lab.js';
import { findNginx } from '../../src/lab/nginx/find.js';
import type { LabPlan } from '../../src/model/plan.js';
import type { Warning } from '../../src/model/warning.js';
import { ask, countUpstreams } from '../lab/count-upstreams.js';
import { algorithm, labPlan, labServer } from '../lab/lab-plan.js';
import { isAlive } from '../lab/processes.js';
import { describeWithNginx } from './real-nginx.js';

const open: Lab[] = [];
const warnings: Warning[] = [];

async function start(plan: LabPlan, first = 'round_robin'): Promise<Lab> {
  const onWarning = (warning: Warning) => warnings.push(warning);
  const lab = await startLab(plan, { seed: 1, algorithm: algorithm(first), onWarning });
  open.push(lab);
  return lab;
}

afterEach(async () => {
  warnings.length = 0;
  await Promise.all(open.splice(0).map((lab) => lab.close()));
});

describeWithNginx('the lab with real nginx', () => {
  it('spreads 3:2 exactly, and the backends count what the header says', async () => {
    const lab = await start(
      await labPlan(['weight=3 max_fails=0', 'weight=2 max_fails=0'], { balancer: 'auto' }),
    );
    expect(lab.balancer).toMatch(/^nginx \d+\.\d+\.\d+$/);
    const counts = await countUpstreams(lab.target.port, 500);
    const [a = '', b = ''] = lab.servers.map(({ line }) => line.address);
    // One worker, nothing fails, and 500 is 100 periods of 3 + 2.
    expect(counts).toEqual({ [a]: 300, [b]: 200 });
    expect(await lab.backendCounts()).toEqual(counts);
    expect(warnings).toEqual([]);
  });

  it('balances by every algorithm in turn, each from a fresh state', async () => {
    const plan = await labPlan(['weight=2', ''], { balancer: 'nginx', zone: true });
    const lab = await start(plan);
    const [a = '', b = ''] = lab.servers.map(({ line }) => line.address);
    const texts = [
      'least_conn',
      'ip_hash',
      'hash $request_uri',
      'hash $request_uri consistent',
      'hash "$host $uri" consistent',
      'random',
      'random two least_conn',
      'round_robin',
    ];
    for (const text of texts) {
      await lab.use(algorithm(text));
      const before = await lab.backendCounts();
      const counts = await countUpstreams(lab.target.port, 30, 2, (index) => ({ path: `/item/${index}` }));
      const after = await lab.backendCounts();
      expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(30);
      for (const address of [a, b]) {
        expect((after[address] ?? 0) - (before[address] ?? 0), `${text} ${address}`).toBe(
          counts[address] ?? 0,
        );
      }
      // All clients are in 127.0.0.0/24: one key. 2:1 of 30 is 20:10.
      if (text === 'ip_hash') expect(Object.keys(counts)).toHaveLength(1);
      if (text === 'round_robin') expect(counts).toEqual({ [a]: 20, [b]: 10 });
    }
  });

  it('starts every new algorithm at the first server, whatever was in progress before', async () => {
    const lab = await start(await labPlan(['', '', ''], { balancer: 'nginx' }));
    const first = lab.servers[0]?.line.address;
    for (let round = 0; round < 5; round++) {
      expect((await ask(lab.target.port)).upstream).toBe(first);
      await lab.use(algorithm('round_robin'));
    }
  });

  it('reloads several workers, of which no old one takes a request any more', async () => {
    const plan = await labPlan(['', ''], { balancer: 'nginx', workers: 3, zone: true });
    const lab = await start(plan);
    const before = lab.pids;
    await lab.use(algorithm('hash $request_uri'));
    const counts = await countUpstreams(lab.target.port, 60, 1, () => ({ path: '/same' }));
    expect(Object.values(counts)).toEqual([60]);
    // Two backends, the guardian and the master stay; three workers are new.
    expect(before.filter(isAlive)).toHaveLength(4);
    expect(lab.pids).toHaveLength(7);
  });

  it('does the failover drill', async () => {
    const lab = await start(await labPlan(['', ''], { balancer: 'nginx' }));
    const [a = '', b = ''] = lab.servers.map(({ line }) => line.address);
    await lab.act({ backend: a, action: 'stop' });
    // max_fails=1: one request pays with a second attempt, the others go to b at once.
    expect(await countUpstreams(lab.target.port, 10, 1)).toEqual({ [`${a}, ${b}`]: 1, [b]: 9 });
    await lab.act({ backend: b, action: 'stop' });
    expect((await ask(lab.target.port)).upstream).toBe(`${b}, ${lab.poolName}`);
    expect(await ask(lab.target.port)).toMatchObject({ status: 502, upstream: lab.poolName });
    await lab.act({ backend: a, action: 'start' });
    await lab.use(algorithm('round_robin'));
    expect((await ask(lab.target.port)).upstream).toBe(a);
    await lab.act({ backend: a, action: 'error' });
    await lab.use(algorithm('round_robin'));
    expect(await ask(lab.target.port)).toMatchObject({ status: 503, upstream: a });
    await expect(lab.act({ backend: '127.0.0.1:1', action: 'stop' })).rejects.toMatchObject({
      kind: 'usage',
    });
  });

  it('logs in the format of the article, and not its own probes', async () => {
    const lab = await start(await labPlan([''], { balancer: 'nginx' }));
    await lab.use(algorithm('least_conn'));
    await ask(lab.target.port, { path: '/chat?a="b"', method: 'POST', body: '{"message":"x"}' });
    const [address] = lab.servers.map(({ line }) => line.address);
    await expect.poll(() => readFileSync(lab.accessLog, 'utf8')).not.toBe('');
    const time = String.raw`\[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]`;
    expect(readFileSync(lab.accessLog, 'utf8')).toMatch(
      new RegExp(
        `^127\\.0\\.0\\.1 - - ${time} "POST /chat\\?a=\\\\x22b\\\\x22 HTTP/1\\.1" 200 \\d+ "-" "-" "-" to: ${address}\n$`,
      ),
    );
  });

  it('passes bodies of more than 1 MiB to the backend, whose answer can be attributed', async () => {
    const lab = await start(await labPlan([''], { balancer: 'nginx' }));
    const got = await ask(lab.target.port, { path: '/chat', method: 'POST', body: 'x'.repeat(1_100_000) });
    expect(got).toMatchObject({ status: 413, upstream: lab.servers[0]?.line.address });
  });

  it('serves IPv6 and unix socket backends', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lbbench test-'));
    chmodSync(folder, 0o700);
    try {
      const plan = await labPlan([''], { balancer: 'nginx' });
      const port = plan.servers[0]?.line.address.split(':')[1];
      const servers = [labServer(`[::1]:${port}`), labServer(`"unix:${folder}/a.sock"`)];
      const lab = await start({ ...plan, servers });
      expect(await countUpstreams(lab.target.port, 10, 1)).toEqual({
        [`[::1]:${port}`]: 5,
        [`unix:${folder}/a.sock`]: 5,
      });
    } finally {
      await Promise.all(open.splice(0).map((lab) => lab.close()));
      rmSync(folder, { recursive: true });
    }
  });

  it('warns when workers do not share their state', async () => {
    await start(await labPlan(['', ''], { balancer: 'nginx', workers: 2, zone: false }));
    expect(warnings.map(({ code }) => code)).toEqual(['workers-without-zone']);
  });

  it('says in the words of nginx what is wrong with a configuration, and leaves nothing behind', async () => {
    const plan = await labPlan(['', 'backup'], { balancer: 'nginx' });
    await expect(start(plan, 'ip_hash')).rejects.toMatchObject({
      kind: 'unmeasurable',
      message: expect.stringMatching(
        /balancing method does not support parameter "backup" in nginx\.conf:\d+/,
      ),
    });
    // The backends of the failed lab are gone: their ports are free again.
    const lab = await start({ ...plan, servers: plan.servers.slice(0, 1) });
    const pids = lab.pids;
    await expect(lab.use(algorithm('hash $no_such_variable'))).rejects.toMatchObject({
      message: expect.stringContaining('unknown "no_such_variable" variable'),
    });
    // The old configuration goes on.
    expect((await ask(lab.target.port)).status).toBe(200);
    expect(lab.pids).toEqual(pids);
  });

  it.each([
    'a"; } events { worker_connections 1; } #',
    "a'; return 200 pwned; '",
    'a\\"; return 200 pwned; #',
    'a\n; return 200 pwned;',
    '$'.concat('{uri}}; server { listen 1; }'),
  ])('keeps %j a key and nothing else', async (key) => {
    const plan = await labPlan(['', ''], { balancer: 'nginx' });
    const lab = await startLab(plan, {
      seed: 1,
      algorithm: { method: 'hash', key, consistent: false },
      onWarning: () => {},
    });
    open.push(lab);
    const counts = await countUpstreams(lab.target.port, 10, 1);
    expect(
      Object.keys(counts).filter((address) => !plan.servers.some((s) => s.line.address === address)),
    ).toEqual([]);
  });

  it('says that a port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const address = other.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    try {
      await expect(start(await labPlan([''], { balancer: 'nginx', port }))).rejects.toMatchObject({
        message: `expected to start nginx on 127.0.0.1:${port}, but it is already in use`,
      });
    } finally {
      other.close();
    }
  });

  it('tries another port when a program took the chosen one in the last moment', async () => {
    const real = (await findNginx(undefined, process.env.PATH))?.path ?? '';
    const folder = mkdtempSync(join(tmpdir(), 'lbbench-test-'));
    try {
      const path = join(folder, 'nginx');
      // The first start fails as real nginx does then.
      const script = `#!/bin/sh
for last; do :; done
if [ "$last" != -t ] && [ "$last" != -v ] && mkdir ${folder}/started 2>/dev/null; then
  echo 'nginx: [emerg] bind() to 127.0.0.1:9 failed (98: Address already in use)' >&2
  exit 1
fi
exec ${real} "$@"
`;
      writeFileSync(path, script, { mode: 0o755 });
      const lab = await start(await labPlan([''], { balancer: 'nginx', nginxPath: path }));
      expect(existsSync(join(folder, 'started'))).toBe(true);
      expect((await ask(lab.target.port)).status).toBe(200);
    } finally {
      await Promise.all(open.splice(0).map((lab) => lab.close()));
      rmSync(folder, { recursive: true });
    }
  });

  it('takes only an nginx for an nginx', async () => {
    const plan = await labPlan([''], { balancer: 'nginx' });
    await expect(start({ ...plan, nginxPath: '/no/such/nginx' })).rejects.toMatchObject({
      kind: 'unmeasurable',
      message: expect.stringContaining('expected "/no/such/nginx" to be nginx'),
    });
    const folder = mkdtempSync(join(tmpdir(), 'lbbench-test-'));
    try {
      const path = join(folder, 'nginx');
      writeFileSync(path, '#!/bin/sh\necho "nginx version: nginx/one" >&2\n', { mode: 0o755 });
      await expect(start({ ...plan, nginxPath: path })).rejects.toMatchObject({
        message: expect.stringContaining('to be nginx, got "nginx version: nginx/one"'),
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('notices that nginx has ended', async () => {
    const lab = await start(await labPlan([''], { balancer: 'nginx' }));
    const [, , master = 0] = lab.pids;
    process.kill(master, 'SIGTERM');
    await expect.poll(() => isAlive(master)).toBe(false);
    await expect(lab.use(algorithm('least_conn'))).rejects.toMatchObject({ kind: 'unmeasurable' });
  });

  it('leaves no process and no folder behind', async () => {
    const lab = await start(await labPlan(['', ''], { balancer: 'nginx', workers: 2, zone: true }));
    const pids = lab.pids;
    // Two backends, the guardian, the master and two workers.
    expect(pids.filter(isAlive)).toHaveLength(6);
    expect(existsSync(dirname(lab.accessLog))).toBe(true);
    await lab.close();
    expect(pids.filter(isAlive)).toEqual([]);
    expect(existsSync(dirname(lab.accessLog))).toBe(false);
    await lab.close();
  });
});
