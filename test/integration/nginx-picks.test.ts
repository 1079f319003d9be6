import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { type Balancer, createBalancer } from '../../src/balancing/balancer.js';
import { glibcRandom } from '../../src/balancing/glibc-random.js';
import type { Algorithm } from '../../src/model/algorithm.js';
import type { ServerLine, Upstream } from '../../src/model/upstream.js';
import { directive } from '../../src/nginx/config/directive.js';
import { parseConfig } from '../../src/nginx/config/parse.js';
import { formatUpstream } from '../../src/nginx/upstream.js';
import { BareNginx } from './bare-nginx.js';
import { describeWithNginx } from './real-nginx.js';

const nginx = new BareNginx();

afterAll(() => {
  nginx.remove();
});

const hasGlibc = JSON.stringify(process.report?.getReport()).includes('"glibcVersionRuntime"');
const socketOf = (index: number): string => `unix:${join(nginx.folder, `b${index}.sock`)}`;
/** Sockets that somebody listens on, and that nobody does. */
const alive = 3;
const dead = 3;

/** Failures outlast the test, so that the clock does not matter. */
const servers: fc.Arbitrary<readonly ServerLine[]> = fc
  .array(
    fc.record({
      socket: fc.nat(alive + dead - 1),
      weight: fc.integer({ min: 1, max: 6 }),
      maxFails: fc.integer({ min: 0, max: 3 }),
      down: fc.nat(5).map((draw) => draw === 0),
      backup: fc.nat(4).map((draw) => draw === 0),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .filter((lines) => lines.some((line) => !line.backup))
  .map((lines) =>
    lines.map(({ socket, ...line }) => {
      const address = socketOf(socket);
      return { ...line, server: address, address, failTimeoutSec: 3_600, maxConns: 0 };
    }),
  );

const fixed: readonly Algorithm[] = [
  { method: 'round_robin' },
  { method: 'least_conn' },
  { method: 'ip_hash' },
  { method: 'hash', key: '$arg_k', consistent: false },
  { method: 'hash', key: '$arg_k', consistent: true },
];

function upstream(name: string, lines: readonly ServerLine[], algorithm: Algorithm): Upstream {
  return { name, servers: lines, algorithm, zone: undefined, keepalive: undefined };
}

const deadAddresses: ReadonlySet<string> = new Set(
  Array.from({ length: dead }, (_, index) => socketOf(alive + index)),
);

/** What `$upstream_addr` will say of a request. */
function predicted(balancer: Balancer, key: string, remoteAddress: string): string {
  const nowSec = Math.floor(Date.now() / 1_000);
  const attempts = balancer.begin({ key, remoteAddress });
  const tried: string[] = [];
  do {
    const server = attempts.next(nowSec);
    const address = server === undefined ? undefined : balancer.upstream.servers[server]?.address;
    tried.push(address ?? balancer.upstream.name);
    if (address === undefined) break;
    const isDead = deadAddresses.has(address);
    attempts.end(isDead ? 'failed' : 'ok', nowSec);
    if (!isDead) break;
  } while (attempts.triesLeft > 0);
  return tried.join(', ');
}

/** Serves pools, each at /NAME, with `use` getting a function that sends one request and tells who was tried. */
async function withPools<T>(
  upstreams: readonly Upstream[],
  use: (ask: (name: string, key: string, address: string) => Promise<string>, pid: number) => Promise<T>,
): Promise<T> {
  const blocks = parseConfig(upstreams.map(formatUpstream).join(''));
  if (!blocks.ok) throw new Error(JSON.stringify(blocks.faults));
  const listens = Array.from({ length: alive }, (_, index) => directive('listen', [socketOf(index)]));
  const answering = directive('server', [], [...listens, directive('return', ['200', 'served'])]);
  const locations = upstreams.map(({ name }) =>
    directive('location', ['=', `/${name}`], [directive('proxy_pass', [`http://${name}`])]),
  );
  const common = [
    directive('set_real_ip_from', ['unix:']),
    directive('real_ip_header', ['X-Real-IP']),
    directive('add_header', ['X-Upstream', '$upstream_addr', 'always']),
  ];
  return await nginx.serve([...common, ...locations], [...blocks.value, answering], async (pid) => {
    const ask = async (name: string, key: string, address: string): Promise<string> => {
      const { head } = await nginx.exchange(
        `GET /${name}?k=${key} HTTP/1.0\r\nHost: lb\r\nX-Real-IP: ${address}\r\n\r\n`,
      );
      return /^X-Upstream: (.*)$/m.exec(head)?.[1] ?? '';
    };
    return await use(ask, pid);
  });
}

describeWithNginx('real nginx and the model', () => {
  it('picks, fails over and gives up alike for any pool', async () => {
    const pools = fc
      .sample(servers, { numRuns: 60, seed: 11 })
      .map((lines, index) =>
        upstream(`pool${index}`, lines, fixed[index % fixed.length] ?? { method: 'ip_hash' }),
      );
    const seen: string[] = [];
    await withPools(pools, async (ask) => {
      for (const pool of pools) {
        const balancer = createBalancer(pool);
        for (let request = 0; request < 15; request += 1) {
          const key = request % 7 === 0 ? '' : `key-${request}`;
          const address = request % 5 === 0 ? `2001:db8::${request}` : `10.0.${request * 7}.1`;
          const place = `${formatUpstream(pool)} request ${request}`;
          const observed = await ask(pool.name, key, address);
          expect([place, predicted(balancer, key, address)]).toEqual([place, observed]);
          seen.push(observed);
        }
      }
    });
    // Nothing would be proven without retries and without pools that have nobody left.
    expect(seen.filter((list) => list.includes(', ')).length).toBeGreaterThan(10);
    expect(seen.filter((list) => list.startsWith('pool')).length).toBeGreaterThan(10);
  });

  // Other C libraries have generators of their own.
  it.skipIf(!hasGlibc).each([false, true])(
    'draws alike once its seed is known (random two: %s)',
    async (two) => {
      const lines = [3, 1, 2, 1].map((weight, index) => {
        const address = socketOf(index);
        const down = index === 3;
        return {
          server: address,
          address,
          weight,
          maxFails: 1,
          failTimeoutSec: 10,
          maxConns: 0,
          backup: false,
          down,
        };
      });
      const pool = upstream('pool', lines, { method: 'random', two });
      const startedSec = Math.floor(Date.now() / 1_000);
      const [picks, pid] = await withPools([pool], async (ask, ownPid): Promise<[string[], number]> => {
        const observed: string[] = [];
        while (observed.length < 80) observed.push(await ask('pool', '', '127.0.0.1'));
        return [observed, ownPid];
      });
      // nginx seeds itself with (pid << 16) ^ seconds ^ milliseconds at its start; 30 picks tell which it was.
      const seeds = new Set<number>();
      for (let sec = startedSec; sec < startedSec + 5; sec += 1) {
        for (let msec = 0; msec < 1_000; msec += 1) seeds.add(((pid << 16) ^ sec ^ msec) >>> 0);
      }
      const balancerOf = (seed: number): Balancer => createBalancer(pool, { random: glibcRandom(seed) });
      const fits = (seed: number, count: number): boolean => {
        const balancer = balancerOf(seed);
        return picks.slice(0, count).every((pick) => predicted(balancer, '', '127.0.0.1') === pick);
      };
      const candidates = [...seeds].filter((seed) => fits(seed, 30));
      expect(candidates).toHaveLength(1);
      expect(candidates.map((seed) => fits(seed, picks.length))).toEqual([true]);
    },
  );
});
