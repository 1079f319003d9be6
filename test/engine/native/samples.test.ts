import { describe, expect, it } from 'vitest';
import { autocannonEngine } from '../../../src/engine/autocannon/autocannon-engine.js';
import { nowUs } from '../../../src/engine/monotonic-clock.js';
import { nativeEngine } from '../../../src/engine/native/native-engine.js';
import type { Sample } from '../../../src/model/sample.js';
import { hostileServer, onRequest } from './hostile-server.js';
import { jobFor } from './load-jobs.js';

const answer = (upstream: string | undefined) =>
  `HTTP/1.1 200 OK\r\n${upstream === undefined ? '' : `X-Upstream: ${upstream}\r\n`}Content-Length: 5\r\n\r\nhello`;

/** Answers in turn as if each of these lists of attempts had been made. */
function serverOf(attempts: readonly (string | undefined)[]) {
  let count = 0;
  return hostileServer((socket) =>
    onRequest(socket, () => socket.write(answer(attempts[count++ % attempts.length]))),
  );
}

describe.each([nativeEngine, autocannonEngine])('samples of the $name engine', (engine) => {
  it('number the requests and name the backends that were tried before', async () => {
    const server = await serverOf(['10.0.0.1:80', '10.0.0.2:80, 10.0.0.1:80', undefined]);
    const samples: Sample[] = [];
    const job = jobFor(server.port, { requests: 6, concurrency: 1, timeoutMs: 2000 }, { samples: true });
    await engine.run(job, { onSample: (sample) => samples.push(sample) });
    expect(samples.map(({ index, backend, retries }) => [index, backend, retries])).toEqual([
      [0, '10.0.0.1:80', []],
      [1, '10.0.0.1:80', ['10.0.0.2:80']],
      [2, null, []],
      [3, '10.0.0.1:80', []],
      [4, '10.0.0.1:80', ['10.0.0.2:80']],
      [5, null, []],
    ]);
    await server.close();
  });

  it('count their times from the moment that onStart tells, once and after the warm-up', async () => {
    const server = await serverOf(['10.0.0.1:80']);
    const origins: number[] = [];
    const starts: number[] = [];
    const job = jobFor(
      server.port,
      { requests: 4, concurrency: 2, warmup: { durationMs: 50 }, timeoutMs: 2000 },
      { samples: true },
    );
    const beforeUs = nowUs();
    await engine.run(job, {
      onStart: (originUs) => origins.push(originUs),
      onSample: ({ start }) => starts.push(start),
    });
    expect(origins).toHaveLength(1);
    // The warm-up took its 50 ms before.
    expect((origins[0] ?? 0) - beforeUs).toBeGreaterThanOrEqual(50_000);
    expect(Math.min(...starts)).toBeGreaterThanOrEqual(0);
    expect(Math.min(...starts)).toBeLessThan(1000);
    await server.close();
  });
});
