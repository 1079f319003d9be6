import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LbbenchError } from '../model/fault.js';
import { type Place, Store } from './store.js';

const startLimitMs = 5_000;
const endLimitMs = 15_000;

/** What a fleet of this machine alone consists of. */
export interface LocalFleet {
  readonly place: Place;
  close(): Promise<void>;
}

/**
 * Starts a Redis of its own, which only this user reaches, unless there is one already.
 *
 * @throws LbbenchError when there is no `redis-server`, or it does not start
 */
export async function serveRedis(): Promise<LocalFleet> {
  const folder = mkdtempSync(join(tmpdir(), 'lbbench-fleet-'));
  const socket = join(folder, 'redis.sock');
  const errors: unknown[] = [];
  const server = spawn(
    'redis-server',
    ['--port', '0', '--unixsocket', socket, '--unixsocketperm', '700', '--save', '', '--dir', folder],
    { stdio: 'ignore', detached: true },
  );
  server.on('error', (error) => errors.push(error));
  const close = async () => {
    await ended(server, 'SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  };
  const place: Place = { url: socket, ca: undefined, pool: 'default' };
  const limit = Date.now() + startLimitMs;
  for (;;) {
    if (errors.length > 0 || server.exitCode !== null) {
      await close();
      throw new LbbenchError('unmeasurable', [
        {
          path: '--serve',
          message:
            errors.length > 0 ? 'expected redis-server on PATH, got none' : 'redis-server ended at once',
          hint: 'install it (Debian: apt-get install redis-server), or name a Redis that runs with --redis',
        },
      ]);
    }
    try {
      (await Store.connect(place)).close();
      return { place, close };
    } catch (error) {
      if (Date.now() > limit) {
        await close();
        throw error;
      }
      await sleep(20);
    }
  }
}

/**
 * Starts agents as processes of their own, which end after one run or with this one.
 *
 * @param command how lbbench is started: a program and its first arguments
 */
export function startAgents(
  { url, pool }: Place,
  count: number,
  command: readonly string[],
  secret: string,
): { close(): Promise<void> } {
  const [program, ...first] = command;
  const agents = Array.from({ length: count }, (_, index) => {
    const args = [...first, 'agent', '--redis', url, '--pool', pool, '--name', `local-${index + 1}`];
    return spawn(program as string, args, {
      // Its end tells the agent that nobody wants it any more, of whatever kind this process's own end is.
      stdio: ['pipe', 'ignore', 'inherit'],
      detached: true,
      env: { ...process.env, LBBENCH_SECRET: secret, LBBENCH_AGENT_OF: String(process.pid) },
    });
  });
  for (const agent of agents) {
    agent.on('error', () => {});
    agent.stdin?.on('error', () => {});
  }
  return {
    close: async () => {
      await Promise.all(agents.map((agent) => ended(agent, 'SIGTERM')));
    },
  };
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), endLimitMs);
  await gone;
  clearTimeout(timer);
}
