import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { nativeEngine } from '../../../src/engine/native/native-engine.js';
import type { LoadPlan } from '../../../src/model/plan.js';
import { jobFor } from './load-jobs.js';

/** Answers every request after `delayMs`, on a thread of its own that goes on when this one stands still. */
async function serverBeside(delayMs: number): Promise<number> {
  const worker = new Worker(
    `const { createServer } = require('node:http');
     const { parentPort } = require('node:worker_threads');
     const server = createServer((request, response) => setTimeout(() => response.end('hello'), ${delayMs}));
     server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`,
    { eval: true },
  );
  workers.push(worker);
  const [port] = (await once(worker, 'message')) as [number];
  return port;
}

const workers: Worker[] = [];
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
});

function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Runs a load during which this thread stands still for a while. */
function runStopped(port: number, load: Partial<LoadPlan>, afterMs: number, forMs: number) {
  return nativeEngine.run(jobFor(port, load), {
    onStart: () => setTimeout(() => standStill(forMs), afterMs),
  });
}

describe('a process that stands still', () => {
  it('reads what came meanwhile before it judges', async () => {
    const port = await serverBeside(200);
    const load = { requests: 10, concurrency: 10, timeoutMs: 600 };
    const { tally, warnings, lateness } = await runStopped(port, load, 100, 1500);
    expect(tally.outcomeCounts()).toMatchObject({ started: 10, responses: 10, timeouts: 0 });
    expect(lateness?.standstills.requests).toBeGreaterThanOrEqual(10);
    expect(warnings.find(({ code }) => code === 'generator-stopped')?.text).toMatch(
      /^lbbench itself stood still (once, for|\d times, for up to) \d+\.\d s: times of the requests in flight meanwhile \(\d+\) include that$/,
    );
    // All of what they took too long is known to be the sender's.
    expect(tally.clocks.lag.count).toBe(10);
    expect(tally.clocks.lag.minUs).toBeGreaterThan(1_400_000);
  });

  it('gives a request that was not sent yet the time it lost', async () => {
    const port = await serverBeside(10);
    // Stops before any connection is ready.
    const load = { requests: 10, concurrency: 10, timeoutMs: 500 };
    const { tally } = await runStopped(port, load, 0, 1200);
    expect(tally.outcomeCounts()).toMatchObject({ responses: 10, timeouts: 0 });
  });

  it('still finds the requests that nobody answers', async () => {
    const port = await serverBeside(60_000);
    const load = { requests: 10, concurrency: 10, timeoutMs: 500 };
    const { tally } = await runStopped(port, load, 100, 800);
    expect(tally.outcomeCounts()).toMatchObject({ started: 10, timeouts: 10 });
  });

  it('touches only the requests that were in flight', async () => {
    const port = await serverBeside(5);
    const load = { requests: 400, concurrency: 4 };
    const { tally, lateness } = await runStopped(port, load, 200, 700);
    expect(tally.responses).toBe(400);
    expect(lateness?.standstills.requests).toBeGreaterThanOrEqual(4);
    const { lag } = tally.clocks;
    expect(lag.count).toBe(400);
    expect(lag.percentileUs(90)).toBeLessThan(600_000);
    expect(lag.maxUs).toBeGreaterThan(600_000);
  });

  it.runIf(process.platform === 'linux')('loses time to others that want the processor', async () => {
    const stop = new Int32Array(new SharedArrayBuffer(4));
    for (let i = 0; i < 4 * availableParallelism(); i++) {
      const spin = `const { workerData } = require('node:worker_threads'); while (Atomics.load(workerData, 0) === 0);`;
      workers.push(new Worker(spin, { eval: true, workerData: stop }));
    }
    const port = await serverBeside(0);
    const load = { requests: undefined, durationMs: 1000, concurrency: 4 };
    const { tally, lateness } = await nativeEngine.run(jobFor(port, load), {});
    Atomics.store(stop, 0, 1);
    expect(lateness?.lostMs).toBeGreaterThan(0);
    expect(tally.clocks.lag.count).toBe(tally.ended);
    expect(tally.clocks.lag.maxUs).toBeGreaterThan(0);
  });

  it('makes the starts of an open model late, which is its own lateness too', async () => {
    const port = await serverBeside(5);
    const load = { requests: 100, concurrency: 100, model: 'open', ratePerSec: 100 } as const;
    const { tally } = await runStopped(port, load, 200, 500);
    const { lag, response } = tally.clocks;
    expect(lag.count).toBe(100);
    // 50 starts fell due meanwhile; half of them more than 200 ms before the end of it.
    expect(lag.percentileUs(75)).toBeGreaterThan(150_000);
    expect(response.maxUs - lag.maxUs).toBeLessThan(200_000);
  });
});
