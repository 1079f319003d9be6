import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { limits, Seal } from '../../src/fleet/seal.js';
import { SeatViews } from '../../src/fleet/seat-views.js';
import { keys, Store } from '../../src/fleet/store.js';
import type { Checkpoint } from '../../src/fleet/wire.js';
import { prepareHistograms } from '../../src/tally/latency-histogram.js';
import { Tally } from '../../src/tally/tally.js';
import { jobFor } from '../engine/native/load-jobs.js';
import { freePorts } from '../lab/free-port.js';
import { FleetSite, path, reportOf } from './fleet-site.js';
import { describeWithRedis } from './real-redis.js';

vi.setConfig({ testTimeout: 60_000 });

let site: FleetSite;

beforeEach(async () => {
  site = await FleetSite.open();
});
afterEach(() => site.close());

/** What an agent that is done, and has measured nothing, reports. */
function honest(requestName = `GET ${path}`): Checkpoint {
  const tally = new Tally({ requestNames: [requestName], open: false, abColumns: false });
  tally.close();
  return {
    elapsedUs: 1_000_000,
    claimed: 100,
    tally: tally.toData(),
    parts: [
      {
        firstStartUs: 0,
        lastByteUs: 1_000_000,
        gaveUp: false,
        warmup: undefined,
        first: undefined,
        interrupted: false,
        health: { busyRatio: 0.1, starts: 100, lateStarts: 0 },
        lostUs: 0,
        standstills: { count: 0, longestUs: 0, requests: 0 },
      },
    ],
    lateUs: 0,
    clockBoundUs: 10,
    clockDriftUs: 0,
    addresses: [],
    node: 'v20',
    threads: 1,
    fenced: false,
  };
}

/** An honest report with another histogram of service times in it. */
function withHistogram(encoded: string): object {
  const report = honest();
  const clock = { count: 1, sumUs: 1, sumOfSquaresUs: [1, 0], minUs: 1, maxUs: 1, encoded };
  const { run } = report.tally;
  return {
    ...report,
    tally: { ...report.tally, run: { ...run, clocks: { ...run.clocks, service: clock } } },
  };
}

/** A histogram whose length is below nothing: HdrHistogram V2, compressed, and -1 bytes of it. */
const negative = Buffer.from([0x1c, 0x84, 0x93, 0x14, 0xff, 0xff, 0xff, 0xff, 0, 0]).toString('base64');

describeWithRedis('what comes from Redis', () => {
  const reports: Readonly<Record<string, (seal: Seal, use: string) => Buffer>> = {
    noise: () => Buffer.from('x'.repeat(1000)),
    nothing: () => Buffer.alloc(0),
    'another secret': (_, use) => new Seal('other').close(honest(), use),
    'the report of another seat': (seal, use) => seal.close(honest(), use.replace(' 0 ', ' 1 ')),
    'no report': (seal, use) => seal.close({ hello: 'world' }, use),
    'a field more': (seal, use) => seal.close({ ...honest(), file: '/etc/passwd' }, use),
    'a report that inflates without end': (seal, use) =>
      seal.close({ ...honest(), node: 'x'.repeat(4 * limits.message + 1) }, use),
    'requests of another load': (seal, use) => seal.close(honest('GET /other'), use),
    'a histogram of a length below nothing': (seal, use) => seal.close(withHistogram(negative), use),
    'a histogram that is too long': (seal, use) => seal.close(withHistogram('A'.repeat(2_000_000)), use),
    'a count that does not fit its histogram': (seal, use) => seal.close(withHistogram(''), use),
  };

  /** By hand, what an agent does, with a last word of its own. */
  async function pose(store: Store, lastWord: (use: string) => Buffer): Promise<void> {
    const r = store.redis;
    const lock = keys.lock('default');
    let run: string | null = null;
    while (run === null || (await r.exists(keys.job(run))) === 0) {
      await sleep(10);
      run = await r.get(lock);
    }
    const [seat, of] = [keys.seat(run, 0), keys.run(run)];
    const epoch = await r.lbTake(seat, of, 'mallory', 60_000_000);
    await r.lbRenew(seat, of, lock, epoch, 60_000_000, 1, 0);
    while ((await r.hget(of, 'origin:1')) === null) await sleep(10);
    await r.lbRenew(seat, of, lock, epoch, 60_000_000, 1, 1);
    const sealed = lastWord(`checkpoint ${run} 0 ${epoch} 1`);
    await r.lbCommit(seat, keys.checkpoint(run, 0), of, epoch, 1, 1, sealed);
  }

  test('is believed when it is honest', async () => {
    await prepareHistograms();
    const store = await Store.connect({ url: site.redis.url, ca: undefined, pool: 'default' });
    const started = site.run(1, 'requests: 100, concurrency: 1');
    await pose(store, (use) => new Seal('').close(honest(), use));
    store.close();
    expect((await reportOf(started)).run.agents?.[0]).toMatchObject({ name: 'mallory', state: 'done' });
  });

  test.each(Object.entries(reports))('is not believed: %s', async (_, lastWord) => {
    await prepareHistograms();
    const store = await Store.connect({ url: site.redis.url, ca: undefined, pool: 'default' });
    const started = site.run(1, 'requests: 100, concurrency: 1');
    await pose(store, (use) => lastWord(new Seal(''), use));
    store.close();
    const { code, stdout, stderr } = await started.ended;
    expect(stderr).toBe(
      `--agents: what mallory reported last cannot be read: it was sealed with another secret, or is damaged, and nothing else was reported
    hint: look at what the agents say on their own terminals
`,
    );
    expect(code).toBe(3);
    expect(stdout).toBe('');
  });
});

describeWithRedis('an agent that never says a word', () => {
  test('is silent from some seconds behind its start on', async () => {
    const store = await Store.connect({ url: site.redis.url, ca: undefined, pool: 'default' });
    const r = store.redis;
    const [seat, run] = [keys.seat('ab', 0), keys.run('ab')];
    await r.hset(run, 'id', 'ab');
    await r.pexpire(run, 60_000);
    await r.set(keys.lock('default'), 'ab');
    const job = jobFor(1);
    const views = new SeatViews(store, new Seal(''), 'ab', job, 1);
    const epoch = await r.lbTake(seat, run, 'mute', 60_000_000);
    await views.look();
    await r.lbRenew(seat, run, keys.lock('default'), epoch, 60_000_000, 1, 1);
    await views.look();
    expect(views.progress().agents).toEqual({ all: 1, silent: [], slow: [] });
    await sleep(2_600);
    await views.look();
    expect(views.progress().agents).toEqual({ all: 1, silent: ['mute'], slow: [] });
    store.close();
  });
});

describeWithRedis('a fleet over TLS', () => {
  test('trusts the server whose signer it was told, and no other', async () => {
    const [port = 0] = await freePorts(1);
    const tls = join(import.meta.dirname, '../fixtures/tls');
    await site.redis.kill();
    await site.redis.start([
      '--tls-port',
      String(port),
      '--tls-cert-file',
      join(tls, 'server.pem'),
      '--tls-key-file',
      join(tls, 'server.key'),
      '--tls-ca-cert-file',
      join(tls, 'ca.pem'),
      '--tls-auth-clients',
      'no',
    ]);
    const url = `rediss://localhost:${port}`;
    const env = { LBBENCH_SECRET: 'correct horse' };
    const ca = ['--redis-ca', join(tls, 'ca.pem')];
    site.agent(1, ca, env, url);
    const { run } = await reportOf(site.run(1, 'requests: 50, concurrency: 2', ca, env, url));
    expect(run.outcomes).toMatchObject({ responses: 50, lost: 0 });
    const { code, stderr } = await site.run(1, 'requests: 1, concurrency: 1', [], env, url).ended;
    expect(stderr).toContain(
      `expected a Redis or Valkey server at rediss://localhost:${port}: its certificate is not trusted (--redis-ca names who signed it)`,
    );
    expect(code).toBe(3);
  });
});
