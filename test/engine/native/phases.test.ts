import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { nativeEngine } from '../../../src/engine/native/native-engine.js';
import { freePorts } from '../../lab/free-port.js';
import { hostileServer, onRequest } from './hostile-server.js';
import { jobsOver, wires } from './load-jobs.js';

const ok = 'HTTP/1.1 200 OK\r\nX-Upstream: 127.0.0.1:8001\r\nContent-Length: 2\r\n\r\nok';

describe.each(wires)('over %s, a warm-up', (wire) => {
  const jobFor = jobsOver(wire);

  it('whose last requests fail together leaves the run its concurrency', async () => {
    let seen = 0;
    let inFlight = 0;
    let most = 0;
    const held: (() => void)[] = [];
    const server = await hostileServer((socket) =>
      onRequest(socket, () => {
        seen++;
        if (seen <= 20) {
          held.push(() => socket.resetAndDestroy());
          if (held.length === 10) for (const reset of held.splice(0)) reset();
          return;
        }
        inFlight++;
        most = Math.max(most, inFlight);
        setTimeout(() => {
          inFlight--;
          socket.write(ok);
        }, 10);
      }),
    );
    const job = jobFor(server.port, { requests: 100, concurrency: 10, warmup: { requests: 20 } });
    const { tally } = await nativeEngine.run(job, {});
    // The failures of one turn of the event loop once each brought a request of the next phase: 19 in flight.
    expect(most).toBe(10);
    expect(tally.outcomeCounts()).toMatchObject({ started: 100, responses: 100 });
    await server.close();
  });

  it('that finds nobody is given up, and so is the run', async () => {
    const [port = 0] = await freePorts(1);
    const job = jobFor(port, {
      requests: undefined,
      durationMs: 60_000,
      concurrency: 100,
      warmup: { requests: 1_000_000 },
    });
    const { tally, warmup, interrupted } = await nativeEngine.run(job, {});
    expect(interrupted).toBe(false);
    for (const started of [warmup?.started, tally.outcomeCounts().connectErrors]) {
      expect(started).toBeGreaterThanOrEqual(10_000);
      expect(started).toBeLessThan(10_200);
    }
    expect(tally.errors.entries()[0]?.[0]).toContain('ECONNREFUSED');
    // Nothing left, as no connection was ever open.
    expect(tally.counters.sentBytes).toBe(0);
  });
});

describe.each(wires)('over %s, a run behind a warm-up that was given up', (wire) => {
  const jobFor = jobsOver(wire);

  it('keeps what it has in flight when the warm-up would have cancelled its own', async () => {
    const [port = 0] = await freePorts(1);
    const slow = createServer((socket) => {
      socket.on('error', () => {});
      onRequest(socket, () => setTimeout(() => socket.write(ok), 1500));
    });
    const job = jobFor(port, {
      requests: undefined,
      durationMs: 300,
      concurrency: 3,
      warmup: { requests: 1_000_000 },
    });
    // The target comes up with the run; what the warm-up leaves in flight has a second.
    const onStart = () => void slow.listen(port, '127.0.0.1');
    const { tally } = await nativeEngine.run(job, { onStart });
    const { responses, cancelled } = tally.outcomeCounts();
    expect({ responses, cancelled }).toEqual({ responses: 3, cancelled: 0 });
    slow.close();
  });
});

describe.each(wires)('over %s, a run that is stopped', (wire) => {
  const jobFor = jobsOver(wire);

  it('before it begins sends nothing, no warm-up either', async () => {
    const server = await hostileServer((socket) => onRequest(socket, () => socket.write(ok)));
    const job = jobFor(server.port, { warmup: { durationMs: 60_000 }, requests: 1000 });
    const { tally, warmup, interrupted } = await nativeEngine.run(job, { signal: AbortSignal.abort() });
    expect(interrupted).toBe(true);
    expect(tally.outcomeCounts().started + (warmup?.started ?? 0)).toBe(0);
    expect(server.accepted()).toBe(0);
    await server.close();
  });

  it('while it warms up sends no more', async () => {
    const controller = new AbortController();
    const server = await hostileServer((socket) =>
      onRequest(socket, (_, index) => {
        socket.write(ok);
        if (index === 10) controller.abort();
      }),
    );
    const job = jobFor(server.port, { warmup: { durationMs: 60_000 }, requests: 1000 });
    const { tally, warmup } = await nativeEngine.run(job, { signal: controller.signal });
    expect(warmup?.started).toBeGreaterThan(0);
    expect(tally.outcomeCounts().started).toBe(0);
    await server.close();
  });
});
