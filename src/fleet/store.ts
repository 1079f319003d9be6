import { setTimeout as sleep } from 'node:timers/promises';
import { Redis, type RedisOptions, type Result } from 'ioredis';
import { nowUs } from '../engine/monotonic-clock.js';
import { LbbenchError } from '../model/fault.js';
import { sanitize } from '../text/sanitize.js';
import { type Look, type Offset, offsetOf } from './clock.js';
import * as scripts from './scripts.js';

/** How to reach the Redis or Valkey that a fleet meets at. */
export interface Place {
  /** `redis://`, `rediss://` or the path of a unix socket. */
  readonly url: string;
  /** PEM of who signed a `rediss://` server's certificate; `undefined` for those the system trusts. */
  readonly ca: string | undefined;
  /** Agents of one pool take the seats of its runs. */
  readonly pool: string;
}

/** All keys begin with this; in braces, so that a cluster keeps them together. */
export const keyPrefix = '{lbbench}';
/** How long a seat is its agent's without a word from it. */
export const leaseMs = 10_000;
/** How long a run goes on without a word from its coordinator, less what an agent may take to notice. */
export const lockMs = 12_000;
/** Looks at Redis' clock, over about a third of a second. */
const clockLooks = 64;
const clockLookEveryMs = 4;

/** The state of a seat, as Redis has it. */
export interface SeatState {
  readonly state: 'free' | 'taken' | 'expired' | 'started' | 'done' | 'lost';
  readonly agent: string | undefined;
  readonly epoch: number;
  readonly leaseUs: number;
  readonly ready: number;
  readonly claimed: number;
  readonly checkpoint: number;
}

declare module 'ioredis' {
  interface RedisCommander<Context> {
    lbTake(seat: string, run: string, agent: string, leaseUs: number): Result<number, Context>;
    lbRenew(
      seat: string,
      run: string,
      lock: string,
      epoch: number,
      leaseUs: number,
      ready: number,
      starts: 0 | 1,
    ): Result<[string, string], Context>;
    lbClaim(
      seat: string,
      run: string,
      epoch: number,
      claim: number,
      blockSize: number,
      requests: number,
    ): Result<number, Context>;
    lbCommit(
      seat: string,
      checkpoint: string,
      run: string,
      epoch: number,
      seq: number,
      isFinal: 0 | 1,
      data: Buffer,
    ): Result<number, Context>;
    lbLook(seat: string): Result<(string | null)[], Context>;
  }
}

/** Names of what a pool and a run keep in Redis. */
export const keys = {
  agent: (pool: string, id: string) => `${keyPrefix}:agent:${pool}:${id}`,
  agents: (pool: string) => `${keyPrefix}:agent:${pool}:*`,
  lock: (pool: string) => `${keyPrefix}:pool:${pool}:lock`,
  run: (run: string) => `${keyPrefix}:run:${run}`,
  job: (run: string) => `${keyPrefix}:run:${run}:job`,
  seat: (run: string, seat: number) => `${keyPrefix}:run:${run}:seat:${seat}`,
  checkpoint: (run: string, seat: number) => `${keyPrefix}:run:${run}:ckpt:${seat}`,
  down: (run: string) => `${keyPrefix}:run:${run}:down`,
  up: (run: string) => `${keyPrefix}:run:${run}:up`,
  /** BullMQ's own name for the queue of seats. */
  queue: (pool: string) => `seats-${pool}`,
};

/** A connection to Redis with the protocol's steps. */
export class Store {
  private constructor(
    readonly redis: Redis,
    readonly place: Place,
  ) {}

  /** @throws LbbenchError when there is no Redis that will do */
  static async connect(place: Place): Promise<Store> {
    const redis = new Redis(connectionOptions(place));
    for (const [name, lua, numberOfKeys] of [
      ['lbTake', scripts.take, 2],
      ['lbRenew', scripts.renew, 3],
      ['lbClaim', scripts.claim, 2],
      ['lbCommit', scripts.commit, 3],
      ['lbLook', scripts.look, 1],
    ] as const) {
      redis.defineCommand(name, { lua, numberOfKeys });
    }
    // It says so again with every command that fails; without a listener it prints.
    let lastError: Error | undefined;
    redis.on('error', (error: Error) => {
      lastError = error;
    });
    try {
      await within(connectLimitMs, redis.connect());
    } catch (error) {
      redis.disconnect();
      throw unreachable(place, lastError ?? (error as Error));
    }
    return new Store(redis, place);
  }

  /** A further connection: one that listens can do nothing else. */
  async listen(channel: string, onMessage: (message: Buffer) => void): Promise<Redis> {
    const listener = this.redis.duplicate();
    listener.on('error', () => {});
    listener.on('messageBuffer', (_channel: Buffer, message: Buffer) => onMessage(message));
    await listener.connect();
    await listener.subscribe(channel);
    return listener;
  }

  /**
   * Makes sure that Redis is new enough and forgets nothing on its own.
   *
   * @returns its run id, which changes when it is started again
   * @throws LbbenchError when it will not do
   */
  async examine(): Promise<string> {
    const info = await this.redis.info();
    const value = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
    const version = value('redis_version');
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major < 6 || (major === 6 && minor < 2)) {
      throw refused(`expected Redis 6.2 or newer, or Valkey, got ${sanitize(version)}`, 'use a newer one');
    }
    const policy = value('maxmemory_policy');
    if (Number(value('maxmemory')) > 0 && policy !== 'noeviction') {
      throw refused(
        `expected a Redis that keeps what it was given, got maxmemory-policy ${sanitize(policy)}`,
        'set maxmemory-policy noeviction: with another one Redis may drop a run under way',
      );
    }
    return value('run_id');
  }

  /** @throws Error when Redis' clock was set again and again */
  async clock(times = clockLooks): Promise<Offset> {
    for (let tries = 0; tries < 3; tries++) {
      const looks: Look[] = [];
      for (let i = 0; i < times; i++) {
        const beforeUs = nowUs();
        const shownUs = await this.timeUs();
        looks.push({ beforeUs, shownUs, afterUs: nowUs() });
        await sleep(clockLookEveryMs);
      }
      const offset = offsetOf(looks);
      if (offset !== undefined) return offset;
    }
    throw new Error("Redis' clock jumped while it was looked at");
  }

  async timeUs(): Promise<number> {
    const [seconds, microseconds] = await this.redis.time();
    return Number(seconds) * 1e6 + Number(microseconds);
  }

  async look(run: string, seat: number): Promise<SeatState> {
    const [state, agent, epoch, leaseUs, ready, claimed, checkpoint] = await this.redis.lbLook(
      keys.seat(run, seat),
    );
    return {
      state: (state ?? 'free') as SeatState['state'],
      agent: agent ?? undefined,
      epoch: Number(epoch ?? 0),
      leaseUs: Number(leaseUs ?? 0),
      ready: Number(ready ?? 0),
      claimed: Number(claimed ?? 0),
      checkpoint: Number(checkpoint ?? 0),
    };
  }

  close(): void {
    this.redis.disconnect();
  }
}

const connectLimitMs = 5_000;

/** What BullMQ makes its own connections of. */
export function connectionOptions({ url, ca }: Place): RedisOptions {
  const common: RedisOptions = {
    lazyConnect: true,
    maxRetriesPerRequest: null,
    enableReadyCheck: true,
    // Never longer than a second: a lease is ten.
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 5), 1000),
  };
  if (url.startsWith('/')) return { ...common, path: url };
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  const db = Number(pathname.slice(1));
  return {
    ...common,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port === '' ? 6379 : port),
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
    ...(Number.isInteger(db) && { db }),
    ...(protocol === 'rediss:' && { tls: ca === undefined ? {} : { ca } }),
  };
}

function unreachable(place: Place, error: Error): LbbenchError {
  const code = (error as NodeJS.ErrnoException).code;
  const why = /NOAUTH|WRONGPASS|NOPERM/.test(error.message)
    ? 'it refuses this user and password'
    : /self.signed|certificate/i.test(error.message)
      ? 'its certificate is not trusted (--redis-ca names who signed it)'
      : code === 'ECONNREFUSED' || code === 'ENOENT'
        ? 'nothing listens there'
        : code === 'ENOTFOUND' || code === 'EAI_AGAIN'
          ? 'the name does not resolve'
          : 'it does not answer';
  return refused(
    `expected a Redis or Valkey server at ${shownUrl(place.url)}: ${why}`,
    'start one, or name another with --redis or LBBENCH_REDIS',
  );
}

export function refused(message: string, hint: string): LbbenchError {
  return new LbbenchError('unmeasurable', [{ path: '--redis', message, hint }]);
}

/** Without user and password. */
export function shownUrl(url: string): string {
  if (url.startsWith('/')) return sanitize(url);
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

/** Waits for something, but no longer than this. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
