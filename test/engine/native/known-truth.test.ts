import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { LoadResult } from '../../../src/engine/load-job.js';
import { nativeEngine } from '../../../src/engine/native/native-engine.js';
import { watchLateness } from '../../lateness.js';
import { hostileServer, onRequest } from './hostile-server.js';
import { jobsOver, wires } from './load-jobs.js';

const ok = 'HTTP/1.1 200 OK\r\nX-Upstream: 127.0.0.1:8001\r\nContent-Length: 5\r\n\r\nhello';

/**
 * Answers each request after a constant time, and never before: Node's timers count whole milliseconds from when their
 * turn of the event loop began, so one may fire a millisecond early.
 */
const delayed = (ms: number) =>
  hostileServer((socket) =>
    onRequest(socket, () => {
      const dueMs = performance.now() + ms;
      const answer = () => {
        const leftMs = dueMs - performance.now();
        if (leftMs > 0) setTimeout(answer, leftMs);
        else socket.write(ok);
      };
      setTimeout(answer, ms);
    }),
  );

const p50 = ({ tally }: LoadResult) => (tally.clocks.response.percentileUs(50) ?? 0) / 1000;

describe.each(wires)('over %s, against a server whose times are known', (wire) => {
  const jobFor = jobsOver(wire);

  it('measures a constant 50 ms under 10 requests a second as 50 ms', async () => {
    const server = await delayed(50);
    const job = jobFor(server.port, {
      model: 'open',
      ratePerSec: 10,
      requests: 20,
      concurrency: 10_000,
      timeoutMs: 5000,
    });
    using machine = watchLateness();
    const result = await nativeEngine.run(job, {});
    // autocannon's correction for coordinated omission makes this 26 ms.
    expect(p50(result)).toBeGreaterThanOrEqual(50);
    expect(p50(result)).toBeLessThan(56 + machine.lateMs);
    await server.close();
  });

  it('shows a freeze of 1 s in the response times of the open model, and hides it in the service times', async () => {
    let frozenUntil = 0;
    const server = await hostileServer((socket) =>
      onRequest(socket, async () => {
        const wait = frozenUntil - Date.now();
        if (wait > 0) await sleep(wait);
        socket.write(ok);
      }),
    );
    setTimeout(() => {
      frozenUntil = Date.now() + 1000;
    }, 1000);
    const job = jobFor(server.port, {
      model: 'open',
      ratePerSec: 50,
      requests: undefined,
      durationMs: 5000,
      concurrency: 1,
      timeoutMs: 10_000,
    });
    using machine = watchLateness();
    const { tally } = await nativeEngine.run(job, {});
    const service = tally.overall('service');
    // About 50 of the 250 requests were due during the freeze and had to wait up to 1 s.
    expect((tally.clocks.response.percentileUs(90) ?? 0) / 1000).toBeGreaterThan(100);
    expect((service.percentileUs(90) ?? 0) / 1000).toBeLessThan(50 + machine.lateMs);
    const { started, responses, droppedStarts } = tally.outcomeCounts();
    expect(started + droppedStarts).toBe(250);
    expect(responses).toBe(started);
    await server.close();
  });

  it('counts what could not start as dropped', async () => {
    const server = await delayed(200);
    const job = jobFor(server.port, {
      model: 'open',
      ratePerSec: 100,
      requests: undefined,
      durationMs: 1000,
      concurrency: 1,
      timeoutMs: 5000,
    });
    const { tally } = await nativeEngine.run(job, {});
    const { started, droppedStarts } = tally.outcomeCounts();
    // Due are those at 0, 10, …, 990 ms; one at a time and 200 ms each, six of them start at most.
    expect(started + droppedStarts).toBe(100);
    expect(started).toBeGreaterThan(0);
    expect(started).toBeLessThanOrEqual(6);
    await server.close();
  });

  it('keeps exactly the asked number in flight and starts exactly the asked number', async () => {
    let inFlight = 0;
    let most = 0;
    let served = 0;
    const server = await hostileServer((socket) =>
      onRequest(socket, async () => {
        inFlight++;
        most = Math.max(most, inFlight);
        await sleep(5);
        inFlight--;
        served++;
        socket.write(ok);
      }),
    );
    const { tally } = await nativeEngine.run(jobFor(server.port, { requests: 203, concurrency: 7 }), {});
    expect(served).toBe(203);
    expect(most).toBe(7);
    expect(tally.cells[1]?.counters.peakInFlight).toBe(7);
    await server.close();
  });

  it('ends a run by time when the time is over, and waits for what is in flight', async () => {
    const server = await delayed(40);
    const job = jobFor(server.port, {
      requests: undefined,
      durationMs: 500,
      concurrency: 2,
      timeoutMs: 5000,
    });
    const starts: number[] = [];
    using machine = watchLateness();
    const result = await nativeEngine.run(
      { ...job, samples: true },
      { onSample: ({ start }) => starts.push(start) },
    );
    // Counted from the first start, which a busy machine may make late; the time itself is counted from the origin.
    expect(Math.min(...starts) + result.durationMs).toBeGreaterThanOrEqual(500);
    expect(result.durationMs).toBeLessThan(700 + machine.lateMs);
    expect(result.tally.outcomeCounts().cancelled).toBe(0);
    await server.close();
  });

  it('measures the warm-up apart, on the same connections', async () => {
    let requests = 0;
    const server = await hostileServer((socket) =>
      onRequest(socket, () => {
        requests++;
        socket.write(ok);
      }),
    );
    const result = await nativeEngine.run(
      jobFor(server.port, { requests: 50, warmup: { requests: 30 } }),
      {},
    );
    expect(requests).toBe(80);
    expect(result.tally.responses).toBe(50);
    expect(result.warmup).toEqual({ started: 30, responses: 30 });
    expect(server.accepted()).toBe(4);
    expect(result.tally.clocks.connect.count).toBe(0);
    await server.close();
  });

  it('binds the source addresses in turn, whatever the number of connections', async () => {
    const counts = new Map<string, number>();
    const server = await hostileServer((socket) =>
      onRequest(socket, () => {
        const address = socket.remoteAddress ?? '';
        counts.set(address, (counts.get(address) ?? 0) + 1);
        socket.write(ok);
      }),
    );
    const sourceAddresses = Array.from({ length: 8 }, (_, i) => `127.0.${i + 1}.1`);
    await nativeEngine.run(jobFor(server.port, { requests: 80, concurrency: 2, sourceAddresses }), {});
    expect(Object.fromEntries(counts)).toEqual(
      Object.fromEntries(sourceAddresses.map((address) => [address, 10])),
    );
    await server.close();
  });

  it('tells the first byte of the body from that of the head, and has none of a response without a body', async () => {
    const [head, body] = [ok.slice(0, -5), ok.slice(-5)];
    let requests = 0;
    const server = await hostileServer((socket) =>
      onRequest(socket, () => {
        if (requests++ % 2 === 1) return void socket.write(head.replace('Length: 5', 'Length: 0'));
        socket.write(head);
        // Node's timers may fire a millisecond early.
        setTimeout(() => socket.write(body), 31);
      }),
    );
    const { tally } = await nativeEngine.run(jobFor(server.port, { requests: 10, concurrency: 1 }), {});
    const times = tally.overall('firstByteBody').summary();
    expect(times.count).toBe(5);
    expect(times.min).toBeGreaterThanOrEqual(30);
    expect(tally.overall('ttfb').count).toBe(10);
    await server.close();
  });

  it('hands out every request as a sample whose times add up', async () => {
    const server = await delayed(10);
    const samples: unknown[] = [];
    const job = jobFor(server.port, { requests: 20 }, { samples: true });
    await nativeEngine.run(job, { onSample: (sample) => samples.push(sample) });
    expect(samples).toHaveLength(20);
    for (const sample of samples) {
      expect(sample).toMatchObject({
        request: 'GET /',
        backend: '127.0.0.1:8001',
        status: 200,
        outcome: 'response',
        wait: 0,
      });
      const { connect, ttfb, service } = sample as { connect: number; ttfb: number; service: number };
      expect(connect).toBeLessThanOrEqual(ttfb);
      expect(ttfb).toBeLessThanOrEqual(service);
      expect(service).toBeGreaterThanOrEqual(10);
    }
    await server.close();
  });
});

describe('the thread that sends', () => {
  const jobFor = jobsOver('node');

  it('ends although the last start fell into a moment in which this process could do nothing', async () => {
    const server = await delayed(1);
    const job = jobFor(server.port, {
      model: 'open',
      ratePerSec: 20,
      requests: undefined,
      durationMs: 500,
      concurrency: 10,
      timeoutMs: 5000,
    });
    const block = () => {
      const untilMs = performance.now() + 150;
      while (performance.now() < untilMs);
    };
    const { tally } = await nativeEngine.run(job, { onStart: () => setTimeout(block, 420) });
    // Due are those at 0, 50, …, 450 ms. With nothing in flight nobody noticed that the run was over.
    const { started, droppedStarts } = tally.outcomeCounts();
    expect(started + droppedStarts).toBe(10);
    expect(droppedStarts).toBeGreaterThanOrEqual(1);
    await server.close();
  });
});
