import { describe, expect, it } from 'vitest';
import { type Attempts, type Balancer, createBalancer } from '../../src/balancing/balancer.js';
import { glibcRandom } from '../../src/balancing/glibc-random.js';
import type { Upstream } from '../../src/model/upstream.js';
import { byteString, compileKey } from '../../src/nginx/variables.js';
import { type ConcurrencyCase, recorded, upstreamOf } from '../balancing/recorded.js';

/** Where the recorded upstreams had nobody listening. */
const dead: ReadonlySet<string> = new Set([
  '127.0.0.1:12190',
  '127.0.0.1:12191',
  '127.0.0.1:12193',
  '127.0.0.1:80',
]);
const nowSec = 1_795_341_335;

function keyOf({ algorithm }: Upstream, uri: string): string {
  if (algorithm.method !== 'hash') return '';
  const compiled = compileKey(algorithm.key);
  if (!compiled.ok) throw new Error(compiled.message);
  const key = compiled.value({
    method: 'GET',
    uri: byteString(uri),
    headers: { host: 'lb' },
    remoteAddress: '127.0.0.1',
  });
  if (key === undefined) throw new Error(`nginx would refuse ${uri}`);
  return key;
}

/** One whole request over servers of which the dead ones refuse connections; a digit an attempt, `u` for none left. */
function token(
  balancer: Balancer,
  addrs: readonly string[],
  uri: string,
  remoteAddress = '127.0.0.1',
): string {
  const attempts = balancer.begin({ key: keyOf(balancer.upstream, uri), remoteAddress });
  let tried = '';
  do {
    const server = attempts.next(nowSec);
    if (server === undefined) return `${tried}u`;
    const address = addrs[server] ?? '';
    // nginx's log cannot tell two lines with the same address apart; the recording has the first of them.
    tried += addrs.indexOf(address);
    const isDead = dead.has(address);
    attempts.end(isDead ? 'failed' : 'ok', nowSec);
    if (!isDead) break;
  } while (attempts.triesLeft > 0);
  return tried;
}

/** The picks of requests that are opened and finished in a recorded order. */
function concurrentPicks(balancer: Balancer, addrs: readonly string[], ops: string): string {
  const open = new Map<number, Attempts>();
  const picks: string[] = [];
  for (const op of ops.split(' ').map(Number)) {
    if (op < 0) {
      open.get(-op - 1)?.end('ok', nowSec);
      open.delete(-op - 1);
      continue;
    }
    const attempts = balancer.begin({
      key: keyOf(balancer.upstream, `/h/${op}`),
      remoteAddress: '127.0.0.1',
    });
    const server = attempts.next(nowSec);
    picks.push(server === undefined ? 'u' : String(addrs.indexOf(addrs[server] ?? '')));
    if (server !== undefined) open.set(op, attempts);
  }
  return picks.join(' ');
}

describe('the picks of real nginx 1.22.1', () => {
  it('has cases of every kind', () => {
    expect(recorded.mapping_cases.length).toBeGreaterThan(0);
    for (const group of [
      'rr_sequences',
      'failure_cases',
      'concurrency_cases',
      'random_cases',
      'worker_cases',
      'chash_collision_cases',
    ] as const) {
      expect(recorded[group].cases.length).toBeGreaterThan(0);
    }
  });

  it.each(recorded.mapping_cases)(
    'maps keys and addresses as recorded: $id',
    ({ kind, upstream, addrs, picks }) => {
      const balancer = createBalancer(upstreamOf(upstream));
      // nginx prints what a name resolves to; of an address the configuration tells what it prints.
      const isName = /^[a-z][^:]*(:\d+)?$/i;
      const { servers } = balancer.upstream;
      const printed = servers.map(({ server, address }, index) =>
        isName.test(server) ? addrs[index] : address,
      );
      expect(printed).toEqual(addrs);
      const tokens =
        kind === 'ip'
          ? // nginx's realip module refuses 255.255.255.255 and keeps the connection's address.
            [...recorded.v4, ...recorded.v6].map((ip) =>
              token(balancer, addrs, '/', ip === '255.255.255.255' ? '127.0.0.1' : ip),
            )
          : (kind === 'argk' ? recorded.requests_argk : recorded.uris).map((uri) =>
              token(balancer, addrs, uri),
            );
      expect(tokens.join(' ')).toBe(picks);
    },
  );

  it.each(recorded.rr_sequences.cases)('takes turns as recorded: $id', ({ upstream, addrs, picks }) => {
    const balancer = createBalancer(upstreamOf(upstream));
    expect(
      picks
        .split(' ')
        .map(() => token(balancer, addrs, '/'))
        .join(' '),
    ).toBe(picks);
  });

  it.each(recorded.concurrency_cases.cases)(
    'picks under load as recorded: $id',
    ({ upstream, addrs, ops, picks }) => {
      expect(concurrentPicks(createBalancer(upstreamOf(upstream)), addrs, ops)).toBe(picks);
    },
  );

  it.each(recorded.random_cases.cases)(
    'draws as recorded with the same seed: $id',
    ({ upstream, addrs, ops, picks, srandom_seed }: ConcurrencyCase & { srandom_seed: number }) => {
      const balancer = createBalancer(upstreamOf(upstream), { random: glibcRandom(srandom_seed) });
      expect(concurrentPicks(balancer, addrs, ops)).toBe(picks);
    },
  );

  it.each(recorded.worker_cases.cases)(
    'keeps one state a worker, or one a zone: $id',
    ({ upstream, worker, picks }) => {
      const parsed = upstreamOf(upstream);
      const addrs = parsed.servers.map((server) => server.address);
      const shared = createBalancer(parsed);
      const workers = new Map<string, Balancer>();
      const observed = [...worker].map((id) => {
        const balancer = parsed.zone === undefined ? (workers.get(id) ?? createBalancer(parsed)) : shared;
        workers.set(id, balancer);
        return token(balancer, addrs, '/');
      });
      expect(observed.join('')).toBe(picks);
    },
  );

  it.each(recorded.chash_collision_cases.cases)(
    'gives a shared point to the first server',
    ({ upstream, keys, picks }) => {
      const balancer = createBalancer(upstreamOf(upstream));
      const addrs = balancer.upstream.servers.map((server) => server.address);
      expect(keys.map((key) => addrs[Number(token(balancer, addrs, key))])).toEqual(picks);
    },
  );
});
