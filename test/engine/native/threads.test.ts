import { describe, expect, it } from 'vitest';
import type { LoadResult } from '../../../src/engine/load-job.js';
import { nativeEngine } from '../../../src/engine/native/native-engine.js';
import { watchLateness } from '../../lateness.js';
import { hostileServer, onRequest } from './hostile-server.js';
import { jobFor } from './load-jobs.js';

const answer = (backend: number) =>
  `HTTP/1.1 200 OK\r\nX-Upstream: 127.0.0.1:${8001 + backend}\r\nContent-Length: 5\r\n\r\nhello`;

/** A server that answers its requests as two backends in turn, and what it saw. */
async function twoBackends() {
  const paths = new Map<string, number>();
  let served = 0;
  const server = await hostileServer((socket) =>
    onRequest(socket, (request) => {
      const path = request.split(' ')[1] ?? '';
      paths.set(path, (paths.get(path) ?? 0) + 1);
      socket.write(answer(served++ % 2));
    }),
  );
  return { server, paths, served: () => served };
}

const counts = ({ tally }: LoadResult) =>
  Object.fromEntries(tally.cells.slice(1).map(({ address, count }) => [address, count]));

describe('several threads', () => {
  it('start exactly the asked number between them and merge what they saw', async () => {
    const { server, served } = await twoBackends();
    const job = jobFor(server.port, { requests: 1001, concurrency: 5, timeoutMs: 5000 }, { threads: 3 });
    const result = await nativeEngine.run(job, {});
    expect(served()).toBe(1001);
    expect(result.tally.outcomeCounts()).toMatchObject({ started: 1001, responses: 1001 });
    expect(counts(result)).toEqual({ '127.0.0.1:8001': 501, '127.0.0.1:8002': 500 });
    expect(result.tally.overall('service').count).toBe(1001);
    expect(server.accepted()).toBe(5);
    await server.close();
  });

  it('send the same requests as one thread does with the same seed', async () => {
    const seen: Record<string, number>[] = [];
    for (const threads of [1, 2]) {
      const { server, paths } = await twoBackends();
      const requests = [
        { name: 'a', method: 'GET', path: '/a?user={1..20}', headers: [], body: undefined, weight: 2 },
        { name: 'b', method: 'GET', path: '/b', headers: [], body: undefined, weight: 1 },
      ];
      await nativeEngine.run(
        jobFor(server.port, { requests: 300, timeoutMs: 5000 }, { threads, requests }),
        {},
      );
      seen.push(Object.fromEntries([...paths].sort()));
      await server.close();
    }
    expect(seen[1]).toEqual(seen[0]);
  });

  it('are no more than the places there are', async () => {
    const { server, served } = await twoBackends();
    const job = jobFor(server.port, { requests: 30, concurrency: 1, timeoutMs: 5000 }, { threads: 3 });
    await nativeEngine.run(job, {});
    expect(served()).toBe(30);
    expect(server.accepted()).toBe(1);
    await server.close();
  });

  it('share one schedule in the open model', async () => {
    const { server, served } = await twoBackends();
    const job = jobFor(
      server.port,
      { model: 'open', ratePerSec: 200, requests: 101, concurrency: 10, timeoutMs: 5000 },
      { threads: 2 },
    );
    using machine = watchLateness();
    const result = await nativeEngine.run(job, {});
    expect(served()).toBe(101);
    // The last of 101 requests is due 100 / 200 s after the first.
    expect(result.durationMs).toBeGreaterThan(495);
    expect(result.durationMs).toBeLessThan(700 + machine.lateMs);
    await server.close();
  });

  it('send nothing, no warm-up either, when they are stopped before they begin', async () => {
    const { server, served } = await twoBackends();
    const job = jobFor(server.port, { warmup: { durationMs: 60_000 }, requests: 1000 }, { threads: 2 });
    const { tally, interrupted } = await nativeEngine.run(job, { signal: AbortSignal.abort() });
    expect(interrupted).toBe(true);
    expect(tally.outcomeCounts().started).toBe(0);
    expect(served()).toBe(0);
    await server.close();
  });

  it('warm up apart, hand out every sample and stop together', async () => {
    const { server } = await twoBackends();
    const controller = new AbortController();
    let samples = 0;
    const job = jobFor(
      server.port,
      { requests: undefined, durationMs: 60_000, warmup: { requests: 50 }, timeoutMs: 5000 },
      { threads: 2, samples: true },
    );
    const onSample = () => {
      samples++;
      if (samples === 20) controller.abort();
    };
    const result = await nativeEngine.run(job, { signal: controller.signal, onSample });
    expect(result.interrupted).toBe(true);
    expect(result.warmup).toEqual({ started: 50, responses: 50 });
    expect(samples).toBe(result.tally.ended);
    await server.close();
  });
});
