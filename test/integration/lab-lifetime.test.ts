import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtApart } from '../../build/apart.js';
import type { LabPlan } from '../../src/model/plan.js';
import { ask } from '../lab/count-upstreams.js';
import { labPlan, labServer } from '../lab/lab-plan.js';
import { isAlive } from '../lab/processes.js';
import { describeWithNginx } from './real-nginx.js';

const labModule = await builtApart('lab/lab');
const holderScript = resolve(import.meta.dirname, 'lab-holder.mjs');

let folder = '';
let holder: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lbbench-test-'));
});

afterEach(() => {
  holder?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

interface Held {
  readonly pids: number[];
  readonly accessLog: string;
  readonly port: number;
}

/** The lab's private folders go below `folder`, so that every one left behind is seen. */
function hold(plan: LabPlan): ChildProcess {
  const algorithm = JSON.stringify({ method: 'round_robin' });
  return spawn(process.execPath, [holderScript, labModule, JSON.stringify(plan), algorithm], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function held(process: ChildProcess): Promise<Held> {
  let text = '';
  for await (const chunk of process.stdout ?? []) {
    text += chunk;
    if (text.includes('\n')) break;
  }
  return JSON.parse(text) as Held;
}

const within2s = { timeout: 2_000, interval: 20 };

async function expectNothingLeft(pids: readonly number[]): Promise<void> {
  await expect.poll(() => pids.filter(isAlive), within2s).toEqual([]);
  await expect.poll(() => readdirSync(folder), within2s).toEqual([]);
}

describe.each(['SIGKILL', 'SIGINT', 'SIGTERM', 'SIGHUP'] as const)('when lbbench gets %s', (signal) => {
  it('the backends and the embedded balancer end, and their files go', async () => {
    const plan = await labPlan(['', ''], { balancer: 'embedded' });
    holder = hold({ ...plan, servers: [...plan.servers, labServer(`unix:${join(folder, 'a.sock')}`)] });
    const { pids, accessLog } = await held(holder);
    expect(pids.filter(isAlive)).toHaveLength(4);
    expect(existsSync(accessLog)).toBe(true);
    holder.kill(signal);
    await expectNothingLeft(pids);
  });
});

describeWithNginx('when lbbench is killed, nginx', () => {
  it('ends with all workers although requests hang in it, and its folder goes', async () => {
    const plan = await labPlan(['', ''], { balancer: 'nginx', workers: 2, zone: true });
    const slow = { latencyMs: 60_000, jitterMs: 0, slots: undefined };
    holder = hold({ ...plan, servers: plan.servers.map(({ line }) => ({ line, behaviour: slow })) });
    const { pids, accessLog, port } = await held(holder);
    expect(pids.filter(isAlive)).toHaveLength(6);
    const hanging = ask(port).catch((error: Error) => error);
    await sleep(50);
    holder.kill('SIGKILL');
    await expectNothingLeft(pids);
    expect(existsSync(dirname(accessLog))).toBe(false);
    // Cut, or answered 502 because its backend went first.
    expect(await hanging).not.toMatchObject({ status: 200 });
  });

  it('leaves nothing behind at whatever moment of the start it happens', async () => {
    const plan = await labPlan(['', ''], { balancer: 'nginx' });
    for (const afterMs of [60, 120, 180, 240]) {
      const starting = hold(plan);
      holder = starting;
      await sleep(afterMs);
      starting.kill('SIGKILL');
      await expect.poll(() => readdirSync(folder), within2s).toEqual([]);
      for (const { line } of plan.servers) {
        const port = Number(line.address.split(':')[1]);
        await expect
          .poll(() => ask(port).catch((error: NodeJS.ErrnoException) => error.code), within2s)
          .toBe('ECONNREFUSED');
      }
    }
  });

  it('ends when its guardian is killed', async () => {
    const plan = await labPlan([''], { balancer: 'nginx' });
    holder = hold(plan);
    const { pids } = await held(holder);
    const [, guardian = 0, ...nginx] = pids;
    expect(nginx.filter(isAlive)).toHaveLength(2);
    process.kill(guardian, 'SIGKILL');
    await expect.poll(() => nginx.filter(isAlive), within2s).toEqual([]);
    await expect.poll(() => readdirSync(folder), within2s).toEqual([]);
  });
});
