import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { LoadJob } from '../../../src/engine/load-job.js';
import { nativeEngine } from '../../../src/engine/native/native-engine.js';
import type { LoadPlan, RequestPlan } from '../../../src/model/plan.js';
import { insecure, pem } from '../../fixtures/tls.js';
import { hostileServer, onRequest } from './hostile-server.js';
import { jobFor, wires } from './load-jobs.js';

const megabyte = 1024 * 1024;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listening(secure: boolean, listener: RequestListener): Promise<number> {
  const server = secure
    ? createTlsServer({ key: pem('server.key'), cert: pem('server.pem') }, listener)
    : createServer(listener);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** POSTs a constant body to paths that are all different, so that no request is kept for reuse. */
function jobOf(port: number, body: Uint8Array, load: Partial<LoadPlan>, secure = false): LoadJob {
  const post: RequestPlan = {
    name: 'post',
    method: 'POST',
    path: '/{1..1000000000}',
    headers: [],
    body: { kind: 'bytes', bytes: body },
    weight: 1,
  };
  const job = jobFor(port, load, { requests: [post] });
  return { ...job, target: { ...job.target, ...(secure && { tls: insecure }) } };
}

const ways = [...wires.map((wire) => [wire, false] as const), ['node', true] as const];

describe('a large body', () => {
  it.each(ways)('arrives whole with each request, on kept connections, %s, TLS: %s', async (wire, secure) => {
    const body = Buffer.alloc(1_000_003, 'a body with an end');
    const seen: string[] = [];
    const port = await listening(secure, (request, response) => {
      const hash = createHash('sha256');
      request.on('data', (piece: Buffer) => hash.update(piece));
      request.on('end', () => {
        seen.push(hash.digest('hex'));
        response.end('hello');
      });
    });
    const { tally } = await nativeEngine.run(jobOf(port, body, { wire }, secure), {});
    expect(tally.responses).toBe(20);
    expect(tally.clocks.connect.count).toBe(4);
    expect(new Set(seen)).toEqual(new Set([createHash('sha256').update(body).digest('hex')]));
    expect(tally.counters.sentBytes).toBeGreaterThan(20 * body.length);
    expect(tally.counters.sentBytes).toBeLessThan(20 * (body.length + 200));
  });

  it.each(ways)(
    'is in memory once, whatever the number of connections, %s, TLS: %s',
    async (wire, secure) => {
      const body = Buffer.alloc(8 * megabyte);
      let arrived = 0;
      // Nobody reads the bodies, so that all of them are on their way at once.
      const port = await listening(secure, (request) => {
        request.pause();
        arrived++;
      });
      const before = process.memoryUsage.rss();
      const control = new AbortController();
      const job = jobOf(port, body, { concurrency: 20, wire }, secure);
      const run = nativeEngine.run(job, { signal: control.signal });
      await expect.poll(() => arrived).toBe(20);
      const grown = process.memoryUsage.rss() - before;
      control.abort();
      expect((await run).tally.outcomeCounts()).toMatchObject({ started: 20, cancelled: 20 });
      // A copy each would be 160 MB, and as much again where it is encrypted.
      expect(grown).toBeLessThan(100 * megabyte);
    },
  );

  it.each(wires)(
    'is given up when the answer comes before its end, and so is the connection, %s',
    async (wire) => {
      const server = await hostileServer((socket) =>
        onRequest(socket, () => {
          socket.pause();
          socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n');
        }),
      );
      const job = jobOf(server.port, Buffer.alloc(32 * megabyte), { wire });
      const { tally } = await nativeEngine.run(job, {});
      expect(tally.outcomeCounts()).toMatchObject({ started: 20, responses: 20 });
      expect(server.accepted()).toBe(20);
      expect(tally.counters.sentBytes).toBeLessThan(20 * 32 * megabyte);
      await server.close();
    },
  );
});
