import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { autocannonEngine } from '../../../src/engine/autocannon/autocannon-engine.js';
import type { LoadJob, LoadProgress, LoadResult } from '../../../src/engine/load-job.js';
import { nativeEngine } from '../../../src/engine/native/native-engine.js';
import { Outcome } from '../../../src/model/outcome.js';
import type { LoadPlan, RequestPlan, Target, TlsPlan } from '../../../src/model/plan.js';
import type { Sample } from '../../../src/model/sample.js';
import { insecure, pem } from '../../fixtures/tls.js';
import { watchLateness } from '../../lateness.js';
import { type HostileServer, hostileServer, onRequest } from '../native/hostile-server.js';
import { jobFor } from '../native/load-jobs.js';

const servers: Server[] = [];
const hostile: HostileServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  await Promise.all(hostile.splice(0).map((server) => server.close()));
});

async function serve(listener: RequestListener, host = '127.0.0.1'): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  server.listen(0, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function behaving(behave: (socket: Socket, connection: number) => void): Promise<number> {
  const server = await hostileServer(behave);
  hostile.push(server);
  return server.port;
}

/** Answers every request on a connection with the same bytes. */
const answering = (bytes: string) => behaving((socket) => onRequest(socket, () => socket.write(bytes)));

const ok = 'HTTP/1.1 200 OK\r\nX-Upstream: 127.0.0.1:8001\r\nContent-Length: 5\r\n\r\nhello';

const answer: RequestListener = (_request, response) => {
  response.setHeader('X-Upstream', '127.0.0.1:8001');
  response.end('hello');
};

function run(port: number, load: Partial<LoadPlan> = {}, others: Partial<LoadJob> = {}): Promise<LoadResult> {
  return autocannonEngine.run(jobFor(port, { timeoutMs: 1000, ...load }, others), {});
}

const serviceMs = ({ tally }: LoadResult, percentile: number) =>
  (tally.overall('service').percentileUs(percentile) ?? 0) / 1000;

const request = (changes: Partial<RequestPlan>): RequestPlan => ({
  name: 'a',
  method: 'GET',
  path: '/',
  headers: [],
  body: undefined,
  weight: 1,
  ...changes,
});

describe('the requests it sends', () => {
  it('are exactly as many as asked for, from one pool: a slow connection takes fewer', async () => {
    const perConnection = [0, 0, 0, 0];
    const port = await behaving((socket, connection) =>
      onRequest(socket, () => {
        perConnection[connection] = (perConnection[connection] ?? 0) + 1;
        setTimeout(() => socket.write(ok), connection === 0 ? 200 : 5);
      }),
    );
    const { tally } = await run(port, { requests: 200, concurrency: 4 });
    expect(tally.outcomeCounts()).toMatchObject({ started: 200, responses: 200 });
    expect(perConnection.reduce((sum, count) => sum + count)).toBe(200);
    // autocannon by itself gives each connection 50, whatever it takes.
    expect(perConnection[0]).toBeLessThan(15);
  });

  it('are the same ones that native sends, in the same order', async () => {
    const seen: string[] = [];
    const port = await serve((incoming, response) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const { connection, ...headers } = incoming.headers;
        const body = Buffer.concat(chunks).toString('hex');
        seen.push(JSON.stringify([incoming.method, incoming.url, headers, body]));
        answer(incoming, response);
      });
    });
    const job = jobFor(
      port,
      { requests: 60, concurrency: 1, timeoutMs: 5000 },
      {
        seed: 7,
        requests: [
          request({ path: '/a?user={1..500}', weight: 3, headers: [['X-Trace', '1']] }),
          request({
            name: 'b',
            method: 'POST',
            path: '/b',
            headers: [['Content-Type', 'text/plain']],
            body: { kind: 'template', text: 'I am number {1..9} of 来自' },
          }),
          request({
            name: 'c',
            method: 'PUT',
            path: '/c',
            body: { kind: 'bytes', bytes: Uint8Array.of(0, 255) },
          }),
          request({ name: 'd', method: 'POST', path: '/d' }),
        ],
      },
    );
    await nativeEngine.run(job, {});
    const native = seen.splice(0);
    const { tally } = await autocannonEngine.run(job, {});
    expect(native).toHaveLength(60);
    expect(seen).toEqual(native);
    expect(tally.requests.map(({ counters }) => counters.count).reduce((sum, count) => sum + count)).toBe(60);
    expect(tally.requests.every(({ counters }) => counters.count > 0)).toBe(true);
  });

  it('are no more connections than requests', async () => {
    const { tally } = await run(await serve(answer), { requests: 3, concurrency: 10 });
    expect(tally.outcomeCounts()).toMatchObject({ started: 3, responses: 3 });
  });

  it('come after a warm-up that is counted apart and draws other numbers', async () => {
    const paths: (string | undefined)[] = [];
    const port = await serve((incoming, response) => {
      paths.push(incoming.url);
      answer(incoming, response);
    });
    const job = { requests: [request({ path: '/{1..1000000}' })] };
    const result = await run(port, { requests: 10, concurrency: 2, warmup: { requests: 5 } }, job);
    expect(result.warmup).toEqual({ started: 5, responses: 5 });
    expect(result.tally.outcomeCounts()).toMatchObject({ started: 10, responses: 10 });
    const withWarmup = paths.splice(0).slice(5);
    await run(port, { requests: 10, concurrency: 2 }, job);
    expect(withWarmup.toSorted()).toEqual(paths.toSorted());
  });
});

describe('what it makes of responses', () => {
  it('counts them by status', async () => {
    let count = 0;
    const port = await serve((_request, response) => {
      response.statusCode = [200, 404, 503][count++ % 3] as number;
      response.end();
    });
    const { tally } = await run(port, { requests: 30 });
    expect(tally.statusCounts()).toEqual({ '200': 10, '404': 10, '503': 10 });
  });

  it('attributes by the last of several headers, and counts retries', async () => {
    const port = await answering(
      'HTTP/1.1 200 OK\r\nx-upstream: 127.0.0.1:9\r\nX-Upstream: 127.0.0.1:8001, 127.0.0.1:8002\r\nContent-Length: 0\r\n\r\n',
    );
    const { tally } = await run(port, { requests: 20 });
    expect(tally.cells.map(({ address, count, counters }) => [address, count, counters.retries])).toEqual([
      ['', 0, 0],
      ['127.0.0.1:8001', 0, 20],
      ['127.0.0.1:8002', 20, 0],
    ]);
    expect(tally.counters.duplicateHeaders).toBe(20);
  });

  it('attributes by the body', async () => {
    let count = 0;
    const port = await serve((_request, response) => response.end(`{"server":"b${count++ % 2}"}`));
    const { tally } = await run(
      port,
      { requests: 20 },
      { attribution: { by: 'body-pointer', pointer: '/server' }, knownBackends: ['b0', 'b1', 'b2'] },
    );
    expect(tally.cells.map(({ address, count: responses }) => [address, responses])).toEqual([
      ['', 0],
      ['b0', 10],
      ['b1', 10],
      ['b2', 0],
    ]);
  });

  it('counts bytes: all that came, the bodies, and all that went out', async () => {
    let received = 0;
    const port = await behaving((socket) => {
      socket.on('data', (data) => {
        received += data.length;
      });
      onRequest(socket, () => socket.write(ok));
    });
    const { tally } = await run(port, { requests: 20 });
    expect(tally.counters).toMatchObject({
      receivedBytes: 20 * ok.length,
      bodyBytes: 20 * 5,
      sentBytes: received,
    });
  });

  it('tells the first byte of the body from the head', async () => {
    const port = await behaving((socket) =>
      onRequest(socket, () => {
        socket.write(ok.slice(0, -5));
        // Node's timers may fire a millisecond early.
        setTimeout(() => socket.write('hello'), 31);
      }),
    );
    const { tally } = await run(port, { requests: 5, concurrency: 1 });
    const times = tally.overall('firstByteBody').summary();
    expect(times.count).toBe(5);
    expect(times.min).toBeGreaterThanOrEqual(30);
    const empty = await run(await answering(ok.slice(0, -5).replace('5', '0')), { requests: 5 });
    expect(empty.tally.overall('firstByteBody').count).toBe(0);
  });

  it('says what it does not measure, and leaves it empty', async () => {
    const result = await run(await serve(answer), { requests: 20 });
    const { tally } = result;
    expect(tally.clocks.connect.summary()).toMatchObject({ count: 0, mean: undefined });
    expect(tally.overall('ttfb').summary()).toMatchObject({ count: 0, p50: undefined });
    expect(tally.overall('service').count).toBe(20);
    expect(result.warnings).toContainEqual({
      code: 'not-measured',
      text: 'autocannon does not measure the time to connect; the time to the first byte',
    });
  });

  it('hands out every request as a sample, and progress on the way', async () => {
    const samples: Sample[] = [];
    const progress: LoadProgress[] = [];
    const port = await behaving((socket) => onRequest(socket, () => setTimeout(() => socket.write(ok), 100)));
    const job = jobFor(port, { timeoutMs: 1000, requests: 12, concurrency: 2 }, { samples: true });
    await autocannonEngine.run(job, {
      onSample: (sample) => samples.push(sample),
      onProgress: (look) => progress.push(look),
    });
    expect(samples).toHaveLength(12);
    for (const sample of samples) {
      expect(sample).toMatchObject({
        request: 'GET /',
        backend: '127.0.0.1:8001',
        status: 200,
        outcome: 'response',
        wait: 0,
        connect: null,
        ttfb: null,
        bytes: ok.length,
      });
    }
    // 12 requests, two at a time, 100 ms each, looked at every 250 ms.
    expect(progress.length).toBeGreaterThanOrEqual(2);
    expect(progress.at(-1)?.backends).toMatchObject([{ address: '127.0.0.1:8001' }]);
  });
});

describe('the times it shows', () => {
  it('are those of a constant 50 ms at 10 requests a second, without its correction', async () => {
    const port = await behaving((socket) => onRequest(socket, () => setTimeout(() => socket.write(ok), 50)));
    const waits = new Set<number | null>();
    using machine = watchLateness();
    const result = await autocannonEngine.run(
      jobFor(
        port,
        { timeoutMs: 1000, model: 'open', ratePerSec: 10, requests: 20, concurrency: 100 },
        { samples: true },
      ),
      { onSample: ({ wait }) => waits.add(wait) },
    );
    expect([...waits]).toEqual([null]);
    // Its own report says p50 = 26 ms here.
    expect(serviceMs(result, 50)).toBeGreaterThan(49);
    expect(serviceMs(result, 50)).toBeLessThan(65 + machine.lateMs);
    expect(result.tally.outcomeCounts()).toMatchObject({ started: 20, responses: 20 });
    expect(result.tally.clocks.response.count).toBe(0);
    expect(result.warnings.at(-1)?.text).toMatch(/the response time from the intended start/);
  });

  it('stay right when the server closes connections, where its own run further and further behind', async () => {
    const last = ok.replace('\r\n', '\r\nConnection: close\r\n');
    const port = await behaving((socket) =>
      onRequest(socket, (_request, index) => {
        if (index < 5) setTimeout(() => (index < 4 ? socket.write(ok) : socket.end(last)), 20);
      }),
    );
    using machine = watchLateness();
    const result = await run(port, { requests: 60, concurrency: 1 });
    // Every sixth request goes out on a connection that is about to be closed.
    expect(result.tally.outcomeCounts()).toMatchObject({ started: 60, responses: 50 });
    expect(result.tally.ended).toBe(60);
    expect(result.tally.errors.entries()).toEqual([
      ['autocannon sent it on a connection that the server had announced to close', 10],
    ]);
    // Its own times end up eleven requests long.
    expect(serviceMs(result, 90)).toBeGreaterThan(19);
    expect(serviceMs(result, 90)).toBeLessThan(40 + machine.lateMs);
  });

  it('make the duration that of the load, not whole seconds', async () => {
    const port = await behaving((socket) => onRequest(socket, () => setTimeout(() => socket.write(ok), 20)));
    using machine = watchLateness();
    const { durationMs, startedAtMs } = await run(port, { requests: 10, concurrency: 2 });
    // Five rounds of 20 ms.
    expect(durationMs).toBeGreaterThan(95);
    expect(durationMs).toBeLessThan(600 + machine.lateMs);
    expect(Math.abs(Date.now() - startedAtMs)).toBeLessThan(5000 + machine.lateMs);
  });
});

describe('how requests end', () => {
  it('tells refused connections', async () => {
    const { tally } = await run(1, { requests: 20 });
    expect(tally.outcomeCounts()).toMatchObject({ started: 20, connectErrors: 20 });
    expect(tally.errors.entries()).toEqual([['connect ECONNREFUSED 127.0.0.1:1', 20]]);
  });

  it('gives up when nothing ever connects', async () => {
    const result = await run(1, { requests: undefined, durationMs: 60_000 });
    expect(result.tally.countOf(Outcome.connectError)).toBeGreaterThanOrEqual(10_000);
    expect(result.warnings.map(({ code }) => code)).toContain('gave-up');
  });

  it('tells resets', async () => {
    const port = await behaving((socket) => onRequest(socket, () => socket.resetAndDestroy()));
    const { tally } = await run(port, { requests: 20 });
    expect(tally.outcomeCounts()).toMatchObject({ started: 20, resets: 20 });
  });

  it('tells connections closed before the response', async () => {
    const port = await behaving((socket) => onRequest(socket, () => socket.end()));
    const { tally } = await run(port, { requests: 20 });
    expect(tally.outcomeCounts()).toMatchObject({ started: 20, closed: 20 });
  });

  it('calls a response that only the end of the connection ends closed, because it does not read that', async () => {
    const port = await behaving((socket) =>
      onRequest(socket, () => socket.end('HTTP/1.1 200 OK\r\n\r\nhello')),
    );
    const { tally } = await run(port, { requests: 20 });
    expect(tally.outcomeCounts()).toMatchObject({ started: 20, closed: 20 });
  });

  it('tells timeouts, among them what it cannot read', async () => {
    let count = 0;
    const port = await behaving((socket) =>
      onRequest(socket, () => {
        const turn = count++ % 4;
        if (turn === 1) socket.write('garbage\r\n\r\n');
        else if (turn !== 0) socket.write(ok);
      }),
    );
    const { tally } = await run(port, { requests: 8, concurrency: 4 });
    expect(tally.outcomeCounts()).toMatchObject({ started: 8, responses: 4, timeouts: 4, malformed: 0 });
    expect(tally.errors.entries()).toEqual([['no response that autocannon understands within 1000 ms', 4]]);
  });

  it('does not count an interim response as one', async () => {
    const port = await answering(`HTTP/1.1 103 Early Hints\r\n\r\n${ok}`);
    const { tally } = await run(port, { requests: 20, concurrency: 1 });
    const { started, responses, malformed } = tally.outcomeCounts();
    expect(started).toBe(20);
    expect(responses + malformed).toBe(20);
    expect(malformed).toBe(10);
    expect(Object.keys(tally.statusCounts())).toEqual(['200']);
  });

  it('ends by time, and waits for what is in flight', async () => {
    let served = 0;
    const port = await behaving((socket) =>
      onRequest(socket, () => {
        served++;
        setTimeout(() => socket.write(ok), 100);
      }),
    );
    const { tally, interrupted } = await run(port, {
      requests: undefined,
      durationMs: 450,
      concurrency: 2,
    });
    // Starts at 0, 100, 200, 300 and 400 ms on two connections; the last end at 500 ms or a little later.
    expect(tally.outcomeCounts()).toMatchObject({ cancelled: 0, timeouts: 0 });
    expect(tally.responses).toBe(served);
    expect(tally.ended).toBe(served);
    expect(served).toBeGreaterThan(0);
    expect(served).toBeLessThanOrEqual(10);
    expect(interrupted).toBe(false);
  });

  it('counts as dropped what an even schedule had due and slow responses kept from starting', async () => {
    const port = await behaving((socket) => onRequest(socket, () => setTimeout(() => socket.write(ok), 400)));
    const { tally } = await run(port, {
      model: 'open',
      ratePerSec: 50,
      requests: undefined,
      durationMs: 1000,
      concurrency: 1,
    });
    const { started, droppedStarts } = tally.outcomeCounts();
    // One at a time and 400 ms each: starts at 0, 400 and 800 ms of 50 that were due.
    expect(started + droppedStarts).toBe(50);
    expect(started).toBeLessThanOrEqual(3);
  });

  it('stops when interrupted, and cancels what hangs', async () => {
    let count = 0;
    const port = await behaving((socket) =>
      onRequest(socket, () => {
        // The third request and all after it hang.
        if (count++ < 2) socket.write(ok);
        if (count === 4) abort.abort();
      }),
    );
    const abort = new AbortController();
    const job = jobFor(port, { timeoutMs: 30_000, requests: 1000, concurrency: 2 });
    const result = await autocannonEngine.run(job, { signal: abort.signal });
    expect(result.interrupted).toBe(true);
    expect(result.tally.outcomeCounts()).toMatchObject({ started: 4, responses: 2, cancelled: 2 });
  });

  it('sends nothing when it was interrupted before', async () => {
    let requests = 0;
    const port = await serve((incoming, response) => {
      requests++;
      answer(incoming, response);
    });
    const result = await autocannonEngine.run(jobFor(port, { timeoutMs: 1000, warmup: { requests: 3 } }), {
      signal: AbortSignal.abort(),
    });
    expect(result).toMatchObject({ interrupted: true, durationMs: 0 });
    expect(requests).toBe(0);
  });
});

describe('the ways to the target', () => {
  async function tlsServer(options: ServerOptions, listener: RequestListener): Promise<number> {
    const server = createTlsServer({ key: pem('server.key'), cert: pem('server.pem'), ...options }, listener);
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  function runTo(port: number, target: Partial<Target>): Promise<LoadResult> {
    return run(port, {}, { target: { ...jobFor(port).target, ...target } });
  }

  it('are TLS without a check, with a server name, a version and a client certificate', async () => {
    const names = new Set<unknown>();
    const versions = new Set<unknown>();
    const port = await tlsServer(
      { ca: pem('ca.pem'), requestCert: true, rejectUnauthorized: true },
      (incoming, response) => {
        const socket = incoming.socket as TLSSocket & { servername?: string };
        names.add(socket.servername);
        versions.add(socket.getProtocol());
        answer(incoming, response);
      },
    );
    const tls: TlsPlan = {
      ...insecure,
      serverName: 'server.test',
      cert: pem('client.pem'),
      key: pem('client.key'),
      maxVersion: 'TLSv1.2',
    };
    const { tally } = await runTo(port, { tls });
    expect(tally.responses).toBe(20);
    expect([...names]).toEqual(['server.test']);
    expect([...versions]).toEqual(['TLSv1.2']);
  });

  it('are a unix socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lbbench-'));
    const socketPath = join(folder, 'a.sock');
    const server = createServer(answer);
    servers.push(server);
    server.listen(socketPath);
    await once(server, 'listening');
    const { tally } = await runTo(0, { socketPath });
    expect(tally.responses).toBe(20);
    rmSync(folder, { recursive: true });
  });

  it('are IPv6, with the Host that was asked for', async () => {
    const hosts = new Set<string | undefined>();
    const port = await serve((incoming, response) => {
      hosts.add(incoming.headers.host);
      answer(incoming, response);
    }, '::1');
    const { tally } = await runTo(port, { host: '::1', authority: 'balancer.test' });
    expect(tally.responses).toBe(20);
    expect([...hosts]).toEqual(['balancer.test']);
  });

  it('are a proxy that wants the absolute form', async () => {
    const paths = new Set<string | undefined>();
    const port = await serve((incoming, response) => {
      paths.add(incoming.url);
      answer(incoming, response);
    });
    const { tally } = await runTo(port, { pathPrefix: 'http://balancer.test' });
    expect(tally.responses).toBe(20);
    expect([...paths]).toEqual(['http://balancer.test/']);
  });
});
