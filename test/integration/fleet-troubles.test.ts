import { readdirSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Store } from '../../src/fleet/store.js';
import { FleetSite, reportOf } from './fleet-site.js';
import { describeWithRedis } from './real-redis.js';

vi.setConfig({ testTimeout: 120_000 });

let site: FleetSite;
let way: SlowWay | undefined;

beforeEach(async () => {
  site = await FleetSite.open();
});
afterEach(async () => {
  await way?.close();
  way = undefined;
  await site.close();
});

/** A way to Redis on which each direction takes its own time, and which can be cut. */
class SlowWay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly path: string;
  isCut = false;

  private constructor(path: string, redis: string, thereMs: number, backMs: number) {
    this.path = path;
    this.#server = createServer((near) => {
      const far = createConnection(redis);
      this.#join(near, far, thereMs);
      this.#join(far, near, backMs);
    });
  }

  static async open(site: FleetSite, thereMs: number, backMs: number): Promise<SlowWay> {
    const opened = new SlowWay(join(site.redis.folder, 'way.sock'), site.redis.url, thereMs, backMs);
    await new Promise<void>((resolve) => opened.#server.listen(opened.path, resolve));
    return opened;
  }

  #join(from: Socket, to: Socket, delayMs: number): void {
    this.#sockets.add(from);
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
    from.on('data', (bytes) => {
      // As on a network of which a part is gone: nothing comes through, and nothing is refused.
      if (this.isCut) return;
      if (delayMs === 0) to.write(bytes);
      else setTimeout(() => to.write(bytes), delayMs);
    });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

function expectEachOnce(): void {
  expect(new Set(site.target.seen.map(({ path }) => path)).size).toBe(site.target.seen.length);
}

/** Those that wait out whole leases; `npm run fleet` does them too. */
const slowTest = test.skipIf(process.env.LBBENCH_FLEET !== 'all');

describeWithRedis('the common clock', () => {
  test.each([
    [0, 0],
    [0, 40],
    [40, 0],
    [20, 20],
  ])('is known within its bound where the way takes %i ms there and %i ms back', async (there, back) => {
    way = await SlowWay.open(site, there, back);
    const place = { ca: undefined, pool: 'default' };
    const near = await Store.connect({ ...place, url: site.redis.url });
    const far = await Store.connect({ ...place, url: way.path });
    // One machine has one monotonic clock, so both must find the same offset.
    const [true_, found] = [await near.clock(), await far.clock(16)];
    near.close();
    far.close();
    expect(Math.abs(found.us - true_.us)).toBeLessThanOrEqual(found.boundUs + true_.boundUs);
    // Which half of the way is the longer one nobody can know, so the bound is half of both together.
    // Node's timers may be a millisecond early.
    const leastMs = (there + back) / 2 - 1;
    expect(found.boundUs).toBeGreaterThanOrEqual(leastMs * 1000);
  });

  test('is said to be uncertain where it is', async () => {
    way = await SlowWay.open(site, 0, 40);
    site.agent(1, [], {}, way.path);
    site.agent(2);
    const { run } = await reportOf(site.run(2, 'requests: 100, concurrency: 2'));
    expect(run.outcomes).toMatchObject({ responses: 100, lost: 0 });
    expect(run.warnings.map(({ code }) => code)).toContain('clock-uncertain');
    const bounds = run.agents?.map(({ clockBoundMs }) => clockBoundMs as number) ?? [];
    expect(Math.max(...bounds)).toBeGreaterThanOrEqual(19);
  });
});

describeWithRedis('a fleet in trouble', () => {
  slowTest('starts nothing that was due while an agent slept, in the open model', async () => {
    site.agent(1);
    site.agent(2);
    const started = site.run(2, 'rate: 100/s, duration: 20s');
    await until(() => site.target.from('127.0.2.1').length > 20);
    site.agents[1]?.child.kill('SIGSTOP');
    await sleep(11_000);
    const before = site.target.from('127.0.2.1').length;
    site.agents[1]?.child.kill('SIGCONT');
    const { run } = await reportOf(started);
    expect(site.target.from('127.0.2.1').length).toBeLessThanOrEqual(before + 1);
    expectEachOnce();
    // What was due within its lease may have gone out; what was due later certainly has not.
    const slept = run.agents?.find(({ state }) => state === 'lost');
    expect(slept?.lost).toBeLessThanOrEqual(50 * 11);
    expect(run.outcomes.started + (run.outcomes.neverStarted ?? 0) + run.outcomes.droppedStarts).toBe(2000);
  });

  test('goes on when Redis drops every connection', async () => {
    site.agent(1);
    site.agent(2);
    const started = site.run(2, 'requests: 3000, concurrency: 4');
    const store = await Store.connect({ url: site.redis.url, ca: undefined, pool: 'default' });
    for (let drop = 1; drop <= 3; drop++) {
      await until(() => site.target.seen.length > drop * 500);
      await store.redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await store.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    }
    store.close();
    const { run, code } = await reportOf(started);
    expect(run.outcomes).toMatchObject({ started: 3000, responses: 3000, lost: 0, neverStarted: 0 });
    expect(run.agents?.map(({ state }) => state)).toEqual(['done', 'done']);
    expect(code).toBe(0);
    expectEachOnce();
  });

  test('ends when a Redis that writes down everything is killed and started again', async () => {
    const aof = ['--appendonly', 'yes'];
    await site.redis.kill();
    await site.redis.start(aof);
    site.agent(1);
    site.agent(2);
    const started = site.run(2, 'requests: 100000, concurrency: 4');
    await until(() => site.target.seen.length > 200);
    await sleep(5_000);
    await site.redis.kill();
    await site.redis.start(aof);
    const { run, report } = await reportOf(started);
    expectEachOnce();
    expect(report.verdict).toBe('inconclusive');
    expect(run.outcomes.started + (run.outcomes.neverStarted ?? 0)).toBe(100_000);
  });

  slowTest('stops by itself when Redis stays away, and works again with the next run', async () => {
    site.agent(1);
    site.agent(2);
    const started = site.run(2, 'duration: 90s, concurrency: 4');
    await until(() => site.target.seen.length > 200);
    await sleep(3_000);
    await site.redis.kill();
    await sleep(12_000);
    const after = site.target.seen.length;
    await sleep(2_000);
    // Nobody has had a lease for longer than ten seconds.
    expect(site.target.seen.length).toBe(after);
    await sleep(6_000);
    await site.redis.start();
    const { run, report } = await reportOf(started);
    expect(run.warnings.map(({ code }) => code)).toContain('agent-lost');
    expect(report.verdict).toBe('inconclusive');
    const { run: next } = await reportOf(
      site.run(2, 'requests: 100, concurrency: 4', ['--agents-wait', '40']),
    );
    expect(next.outcomes.responses).toBe(100);
  });

  test('counts what an agent sends without Redis until its lease is over, and loses the rest', async () => {
    way = await SlowWay.open(site, 0, 0);
    site.agent(1, [], {}, way.path);
    site.agent(2);
    const started = site.run(2, 'requests: 6000, concurrency: 8');
    await until(() => site.target.from('127.0.1.1').length > 200);
    way.isCut = true;
    const { run } = await reportOf(started);
    const cut = run.agents?.find(({ addresses }) => addresses[0] === '127.0.1.1');
    const sent = site.target.from('127.0.1.1').length;
    expect(cut?.state ?? 'lost').toBe('lost');
    expect(run.outcomes.started + (run.outcomes.neverStarted ?? 0)).toBe(6000);
    expect(sent).toBeLessThanOrEqual((cut?.started ?? 0) + (run.outcomes.lost ?? 0));
    expectEachOnce();
  });

  test('goes on as if nothing had been where Redis was out of reach for less than a lease', async () => {
    way = await SlowWay.open(site, 0, 0);
    site.agent(1, [], {}, way.path);
    site.agent(2);
    const started = site.run(2, 'duration: 8s, concurrency: 4');
    await until(() => site.target.from('127.0.1.1').length > 100);
    way.isCut = true;
    await sleep(2_000);
    way.isCut = false;
    await way.close();
    way = await SlowWay.open(site, 0, 0);
    const { run } = await reportOf(started);
    expect(run.agents?.map(({ state }) => state)).toEqual(['done', 'done']);
    expect(run.outcomes).toMatchObject({ lost: 0 });
    expect(run.outcomes.started).toBe(site.target.seen.length);
  });

  test('measures what the target does not answer, and does not call it lost', async () => {
    site.target.silentTo.add('127.0.2.1');
    site.agent(1);
    site.agent(2);
    const { run } = await reportOf(site.run(2, 'requests: 60, concurrency: 4, timeout: 500ms'));
    expect(run.outcomes).toMatchObject({ started: 60, lost: 0 });
    expect(run.outcomes.timeouts).toBe(site.target.from('127.0.2.1').length);
    expect(run.outcomes.timeouts).toBeGreaterThan(0);
  });

  test('leaves nothing behind, however many runs there are', async () => {
    site.agent(1);
    site.agent(2);
    const store = await Store.connect({ url: site.redis.url, ca: undefined, pool: 'default' });
    const left = async () => ({
      keys: (await store.redis.keys('*')).filter((key) => !key.includes(':agent:')).sort(),
      clients: ((await store.redis.call('CLIENT', 'LIST')) as string).trim().split('\n').length,
    });
    const settled = async () => {
      for (let last = ''; ; ) {
        const now = await left();
        if (JSON.stringify(now) === last) return now;
        last = JSON.stringify(now);
        await sleep(3_000);
      }
    };
    const runs = Number(process.env.LBBENCH_FLEET_RUNS ?? 4);
    let first: Awaited<ReturnType<typeof left>> | undefined;
    for (let i = 0; i < runs; i++) {
      const { run } = await reportOf(site.run(2, 'requests: 60, concurrency: 4'));
      expect(run.outcomes).toMatchObject({ started: 60, responses: 60, lost: 0 });
      // Agents close what belonged to their seats, and say that they are there, in their own time.
      first ??= await settled();
      await expect.poll(left, { timeout: 20_000 }).toEqual(first);
    }
    store.close();
    expect(readdirSync(site.place.temporary)).toEqual([]);
  }, 1_800_000);
});
