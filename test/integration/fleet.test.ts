import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RequestEncoder } from '../../src/engine/request-encoder.js';
import type { Report, RunReport } from '../../src/model/report.js';
import { freePorts } from '../lab/free-port.js';
import { compareWithSchema } from '../report/report-shape.js';
import { FleetSite, path, reportOf } from './fleet-site.js';
import type { FleetTarget } from './fleet-target.js';
import { describeWithRedis, type RealRedis } from './real-redis.js';

vi.setConfig({ testTimeout: 90_000 });

let site: FleetSite;
let redis: RealRedis;
let target: FleetTarget;

beforeEach(async () => {
  site = await FleetSite.open();
  ({ redis, target } = site);
});

afterEach(() => site.close());

/** The paths of requests 0 to n - 1, as one machine would send them. */
function pathsOf(n: number): string[] {
  const request = { name: 'x', method: 'GET', path, headers: [], body: undefined, weight: 1 };
  const frame = {
    authority: 'h',
    userAgent: 'u',
    keepAlive: true,
    httpVersion: '1.1',
    pathPrefix: '',
  } as const;
  const encoder = new RequestEncoder(request, frame, 7);
  return Array.from(
    { length: n },
    (_, index) => encoder.encode(index).toString('latin1').split(' ')[1] as string,
  );
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

/** Everything that was asked for ended, was lost or was never sent. */
function accountedFor({ outcomes }: RunReport): number {
  return outcomes.started + (outcomes.neverStarted ?? 0);
}

describeWithRedis('a fleet', () => {
  test.each([1, 2, 3])('of %i sends what one machine would, each request once', async (count) => {
    for (let n = 1; n <= count; n++) site.agent(n);
    const { run, code } = await reportOf(site.run(count, 'requests: 2007, concurrency: 7'));
    expect(code).toBe(0);
    expect(run.outcomes).toMatchObject({ started: 2007, responses: 2007, lost: 0, neverStarted: 0 });
    expect(target.seen.map(({ path }) => path).sort()).toEqual(pathsOf(2007).sort());
    expect(run.serviceMs.count).toBe(2007);
    expect(run.backends.map(({ count }) => count)).toEqual([1004, 1003]);
    const own = run.agents ?? [];
    expect(own.map(({ state }) => state)).toEqual(Array(count).fill('done'));
    expect(own.reduce((sum, { started }) => sum + started, 0)).toBe(2007);
    for (const { addresses, started } of own) {
      expect(target.from(addresses[0] as string)).toHaveLength(started);
      expect(started).toBeGreaterThan(0);
    }
  });

  test('shares the schedule of an open load', async () => {
    for (let n = 1; n <= 3; n++) site.agent(n);
    const { run } = await reportOf(site.run(3, 'rate: 300/s, duration: 2s'));
    expect(run.outcomes.started + run.outcomes.droppedStarts).toBe(600);
    expect(target.seen).toHaveLength(run.outcomes.started);
    const all = new Set(pathsOf(600));
    expect(target.seen.filter(({ path }) => !all.has(path))).toEqual([]);
    for (const { started } of run.agents ?? []) expect(started).toBeGreaterThan(190);
  });

  test('warms up, and does not count that', async () => {
    site.agent(1);
    site.agent(2);
    const { run } = await reportOf(site.run(2, 'requests: 500, concurrency: 4, warmup: 101'));
    expect(run.outcomes.started).toBe(500);
    expect(target.seen).toHaveLength(601);
  });

  test.each([0.1, 0.5, 0.9])(
    'names what a machine that died after %f of the run took with it',
    async (part) => {
      for (let n = 1; n <= 3; n++) site.agent(n);
      const started = site.run(3, 'requests: 6000, concurrency: 9');
      await until(() => target.seen.length > 6000 * part);
      site.agents[1]?.child.kill('SIGKILL');
      const { run, report, code } = await reportOf(started);
      expect(accountedFor(run)).toBe(6000);
      const lost = run.agents?.find(({ state }) => state === 'lost');
      expect(lost?.name).toMatch(/^a2-/);
      expect(lost?.lost).toBe(run.outcomes.lost);
      const sent = target.from('127.0.2.1').length;
      expect(sent).toBeGreaterThanOrEqual(lost?.started ?? Number.NaN);
      expect(sent).toBeLessThanOrEqual((lost?.started ?? 0) + (lost?.lost ?? 0));
      expect(new Set(target.seen.map(({ path }) => path)).size).toBe(target.seen.length);
      const shape = compareWithSchema([report]);
      expect([shape.extra, shape.missing]).toEqual([[], []]);
      expect(shape.unseen.filter((path) => path.startsWith('report.runs.agents'))).toEqual([]);
      expect(run.warnings.map(({ code }) => code)).toContain('agent-lost');
      // The implied limit of errors holds only while the lost requests could not break it.
      expect(report.verdict).toBe(
        (run.outcomes.lost ?? 0) / run.outcomes.started < 0.01 ? 'pass' : 'inconclusive',
      );
      expect(code).toBe(report.verdict === 'pass' ? 0 : 4);
    },
  );

  test('gives the seat of an agent that dies before the start to another', async () => {
    const first = site.agent(1);
    const started = site.run(2, 'requests: 200, concurrency: 4', ['--agents-wait', '40']);
    await sleep(2500);
    first.child.kill('SIGKILL');
    site.agent(2);
    site.agent(3);
    const { run } = await reportOf(started);
    expect(run.outcomes).toMatchObject({ started: 200, responses: 200, lost: 0 });
    expect(target.from('127.0.1.1')).toEqual([]);
  });

  test('lets nobody send who was out of touch for longer than its lease', async () => {
    site.agent(1);
    site.agent(2);
    const started = site.run(2, 'duration: 16s, concurrency: 4');
    await until(() => target.from('127.0.2.1').length > 50);
    site.agents[1]?.child.kill('SIGSTOP');
    await sleep(11_000);
    const before = target.seen.length;
    const sleeping = target.from('127.0.2.1').length;
    site.agents[1]?.child.kill('SIGCONT');
    const { run, report } = await reportOf(started);
    // What lay in the kernel's buffers may still have gone out: at most one request a connection.
    expect(target.from('127.0.2.1').length).toBeLessThanOrEqual(sleeping + 2);
    expect(target.seen.length).toBeGreaterThan(before);
    expect(run.agents?.[0]?.state ?? '').toMatch(/done|lost/);
    expect(run.agents?.map(({ state }) => state).sort()).toEqual(['done', 'lost']);
    // Of a run by time nobody knows what it sent after its last word.
    expect(run.lostBounded).toBe(false);
    expect(report.verdict).toBe('inconclusive');
  });

  test('stops with its coordinator, by Ctrl-C or by its death', async () => {
    site.agent(1);
    site.agent(2);
    const interrupted = site.run(2, 'duration: 60s, concurrency: 4');
    await until(() => target.seen.length > 100);
    interrupted.child.kill('SIGINT');
    const { run, code } = await reportOf(interrupted);
    expect(code).toBe(130);
    expect(run.interrupted).toBe(true);
    expect(run.outcomes.started).toBe(target.seen.length);
    const before = target.seen.length;
    const killed = site.run(2, 'duration: 60s, concurrency: 4');
    await until(() => target.seen.length > before + 100);
    killed.child.kill('SIGKILL');
    await sleep(15_000);
    const after = target.seen.length;
    await sleep(1_500);
    expect(target.seen.length).toBe(after);
  });

  test('ends when Redis has forgotten the run, and works with the next one', async () => {
    site.agent(1);
    site.agent(2);
    const started = site.run(2, 'requests: 100000, concurrency: 4');
    await until(() => target.seen.length > 200);
    // What a machine has not said yet by a first checkpoint nobody can report.
    await sleep(5_000);
    await redis.kill();
    await redis.start();
    const { run } = await reportOf(started);
    expect(run.warnings.map(({ code }) => code)).toContain('agent-lost');
    expect(accountedFor(run)).toBe(100_000);
    expect(new Set(target.seen.map(({ path }) => path)).size).toBe(target.seen.length);
    const { run: next } = await reportOf(
      site.run(2, 'requests: 100, concurrency: 4', ['--agents-wait', '30']),
    );
    expect(next.outcomes.responses).toBe(100);
  });

  test('says who did not come and why', async () => {
    site.agent(1, ['--allow', 'other:80']);
    const { stderr, code } = await site.run(1, 'requests: 10, concurrency: 1', ['--agents-wait', '4']).ended;
    expect(code).toBe(3);
    expect(stderr).toContain('expected 1 agents within 4 s, got 0 (a1: it may not send to 127.0.0.1:');
    expect(target.seen).toEqual([]);
  });

  test('takes nothing from whoever does not know the secret', async () => {
    site.agent(1, [], { LBBENCH_SECRET: 'another' });
    const { stderr, code } = await site.run(1, 'requests: 10, concurrency: 1', ['--agents-wait', '4']).ended;
    expect(code).toBe(3);
    expect(stderr).toContain('expected 1 agents within 4 s, got 0');
    expect(target.seen).toEqual([]);
  });

  test('is refused by a Redis that may drop what it was given', async () => {
    await redis.kill();
    await redis.start(['--maxmemory', '8mb', '--maxmemory-policy', 'allkeys-lru']);
    const { stderr, code } = await site.run(1, 'requests: 10, concurrency: 1').ended;
    expect(code).toBe(3);
    expect(stderr).toContain('got maxmemory-policy allkeys-lru');
  });

  test('needs no more of a server than the shipped user may do, and leaves no run there', async () => {
    await redis.kill();
    const users = readFileSync(join(import.meta.dirname, '../../docs/fleet/users.acl'), 'utf8');
    const file = join(redis.folder, 'users.acl');
    writeFileSync(file, `${users.replace('CHANGE-ME', 'pw')}user admin on >root ~* &* +@all\n`);
    const [port = 0] = await freePorts(1);
    await redis.start(['--port', String(port), '--aclfile', file]);
    const env = { LBBENCH_REDIS: `redis://lbbench:pw@127.0.0.1:${port}` };
    const agent = site.place.start(['agent', '--name', 'a1', '--once'], env);
    site.agents.push(agent);
    const { stdout, stderr } = await site.place.start(
      ['run', target.url, '-n', '50', '-c', '2', '--agents', '1', '--quiet', '--export-json', '-'],
      env,
    ).ended;
    expect(stderr).toBe('');
    expect((JSON.parse(stdout) as Report).runs[0]).toMatchObject({
      engine: 'fleet',
      outcomes: { responses: 50 },
    });
    await agent.ended;
    const admin = new Redis({ port, username: 'admin', password: 'root' });
    try {
      expect(await admin.call('ACL', 'LOG')).toEqual([]);
      const left = (await admin.keys('*')).map((key) => key.replace('{lbbench}:', ''));
      expect(
        left.filter((key) => !/^seats-default:(meta|id|events|marker|stalled-check)$/.test(key)),
      ).toEqual([]);
    } finally {
      admin.disconnect();
    }
  });

  test('has one run at a time in a pool', async () => {
    site.agent(1);
    const first = site.run(1, 'duration: 3s, concurrency: 1');
    await until(() => target.seen.length > 10);
    const second = await site.run(1, 'requests: 1, concurrency: 1').ended;
    expect(second.stderr).toContain('expected a pool without a run');
    expect((await reportOf(first)).run.outcomes.responses).toBeGreaterThan(10);
  });
});
