import { readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { autocannonEngine } from '../../src/engine/autocannon/autocannon-engine.js';
import { randomUint32 } from '../../src/engine/counter-random.js';
import type { LoadJob } from '../../src/engine/load-job.js';
import { nativeEngine } from '../../src/engine/native/native-engine.js';
import type { RequestPlan, WireName } from '../../src/model/plan.js';
import { hostileServer, onRequest } from '../engine/native/hostile-server.js';
import { jobFor, wires } from '../engine/native/load-jobs.js';
import { manners, type Step } from './manners.js';

/** `npm run hostile -- --tries N --seed S` asks for others. */
const tries = Number(process.env.HOSTILE_TRIES ?? 40);
const seed = Number(process.env.HOSTILE_SEED ?? 1);

const endOf = {
  responses: 'response',
  resets: 'reset',
  timeouts: 'timeout',
  malformed: 'malformed',
  closed: 'closed',
};

/** No row waits longer than 30 ms, so what takes this long was meant to. */
const timeoutMs = 400;

async function play(socket: Socket, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if (typeof step === 'number') await sleep(step);
    else if (step === 'END') socket.end();
    else if (step === 'RESET') socket.resetAndDestroy();
    else if (socket.writable) socket.write(step, 'latin1');
  }
}

/** Runs a load against a server of these manners. All that was started has ended in one way, and nothing else is left open. */
async function meet(steps: readonly Step[], changes: (port: number) => LoadJob) {
  const server = await hostileServer((socket) => {
    socket.setNoDelay();
    onRequest(socket, () => void play(socket, steps));
  });
  try {
    const { tally, warnings } = await nativeEngine.run(changes(server.port), {});
    const { started, droppedStarts: _, ...kinds } = tally.outcomeCounts();
    expect(Object.values(kinds).reduce<number>((sum, count = 0) => sum + count, 0)).toBe(started);
    // What people read of it is a sentence, and no stack.
    const texts = [...warnings.map(({ text }) => text), ...tally.errors.entries().map(([text]) => text)];
    expect(texts.filter((text) => /\n|\bat .*:\d+:\d+/.test(text))).toEqual([]);
    return { started, kinds };
  } finally {
    await server.close();
  }
}

const openFiles = () => (process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0);
let filesBefore = 0;
let rssBefore = 0;

beforeAll(async () => {
  // What is opened and loaded once for all.
  await meet(['HTTP/1.1 204 None\r\n\r\n'], (port) => jobFor(port));
  filesBefore = openFiles();
  rssBefore = process.memoryUsage.rss();
});

describe('a server of bad manners', () => {
  const met = wires.flatMap((wire) => manners.map(([name, steps, ends]) => ({ wire, name, steps, ends })));

  it.each(met)('that $name, over $wire', async ({ wire, steps, ends }) => {
    const job = (port: number) => jobFor(port, { requests: 8, concurrency: 4, timeoutMs, wire });
    const { started, kinds } = await meet(steps, job);
    expect(started).toBe(8);
    const seen = Object.entries(endOf).flatMap(([kind, end]) =>
      kinds[kind as keyof typeof endOf] > 0 ? [end] : [],
    );
    expect(seen.filter((end) => !ends.split(' ').includes(end))).toEqual([]);
    expect(kinds).toMatchObject({ connectErrors: 0, cancelled: 0 });
  });

  it.each(Array.from({ length: tries }, (_, index) => index))('meets any plan: try %i', async (index) => {
    const draw = (number: number, below: number) => randomUint32(seed, index, number) % below;
    const [name, steps] = manners[draw(0, manners.length)] as (typeof manners)[number];
    const requests = 1 + draw(1, 30);
    const request: RequestPlan = {
      name: 'any',
      method: ['GET', 'HEAD', 'POST', 'DELETE'][draw(2, 4)] as string,
      path: '/{1..9}',
      headers: [],
      body: draw(3, 2) === 0 ? undefined : { kind: 'bytes', bytes: Buffer.alloc(draw(4, 100_000), 'x') },
      weight: 1,
    };
    const isOpen = draw(5, 3) === 0;
    const { started } = await meet(steps, (port) =>
      jobFor(
        port,
        {
          requests,
          concurrency: 1 + draw(6, 10),
          keepAlive: draw(7, 2) === 0,
          httpVersion: draw(8, 4) === 0 ? '1.0' : '1.1',
          timeoutMs: 50 + draw(9, 200),
          wire: wires[draw(12, wires.length)] as WireName,
          ...(isOpen && { model: 'open', ratePerSec: 50 + draw(10, 1000) }),
        },
        { requests: [request], resendsUnseen: draw(11, 2) === 0 },
      ),
    );
    expect(started, name).toBe(requests);
  });

  it('leaves no file open and no memory behind, when all is over', async () => {
    await expect.poll(openFiles, { timeout: 5000 }).toBeLessThanOrEqual(filesBefore);
    expect(process.memoryUsage.rss() - rssBefore).toBeLessThan(300 * 1024 * 1024);
  });
});

describe('a server of bad manners, for autocannon', () => {
  it.each([
    ['sends a chunk size below zero', 'closed'],
    ['sends 103 first', 'closed'],
    ['answers twice', 'open'],
    ['answers once more, later', 'open'],
    ['has fields without end', 'closed'],
    ['speaks SSH', 'closed'],
  ] as const)('that %s ends with a report or one sentence, %s model', async (name, model) => {
    const [, steps] = manners.find(([row]) => row === name) as (typeof manners)[number];
    const server = await hostileServer((socket) => onRequest(socket, () => void play(socket, steps)));
    const load = { requests: 8, concurrency: 4, timeoutMs: 1000 };
    const job = jobFor(server.port, model === 'open' ? { ...load, model, ratePerSec: 10 } : load);
    try {
      const { tally } = await autocannonEngine.run(job, {});
      const { started, droppedStarts: _, ...kinds } = tally.outcomeCounts();
      expect(Object.values(kinds).reduce<number>((sum, count = 0) => sum + count, 0)).toBe(started);
      expect(started).toBeGreaterThan(0);
    } catch (error) {
      expect((error as Error).message).toMatch(
        /^expected autocannon to send the load, but it broke down: [^\n]+$/,
      );
    } finally {
      await server.close();
    }
  });
});
