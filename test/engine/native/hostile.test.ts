import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { nativeEngine } from '../../../src/engine/native/native-engine.js';
import type { OutcomeCounts } from '../../../src/model/report.js';
import { hostileServer, onRequest } from './hostile-server.js';
import { jobsOver, wires } from './load-jobs.js';

const ok = 'HTTP/1.1 200 OK\r\nX-Upstream: 127.0.0.1:8001\r\nContent-Length: 5\r\n\r\nhello';

const each = (text: string) => (socket: Socket) => onRequest(socket, () => socket.write(text, 'latin1'));
const eachThenEnd = (text: string) => (socket: Socket) => onRequest(socket, () => socket.end(text, 'latin1'));

describe.each(wires)('over %s, against a server that misbehaves', (wire) => {
  const jobFor = jobsOver(wire);

  /** Runs 20 requests against a server and checks that their outcomes add up. */
  async function outcomesOf(behave: (socket: Socket) => void, timeoutMs = 10_000): Promise<OutcomeCounts> {
    const server = await hostileServer(behave);
    try {
      const { tally } = await nativeEngine.run(jobFor(server.port, { timeoutMs }), {});
      const counts = tally.outcomeCounts();
      const { started, droppedStarts: _, ...kinds } = counts;
      expect(Object.values(kinds).reduce<number>((sum, count = 0) => sum + count, 0)).toBe(started);
      expect(started).toBe(20);
      return counts;
    } finally {
      await server.close();
    }
  }

  it.each<[string, (socket: Socket) => void, Partial<OutcomeCounts>]>([
    ['answers well', each(ok), { responses: 20 }],
    ['resets on the request', (socket) => onRequest(socket, () => socket.resetAndDestroy()), { resets: 20 }],
    ['accepts and says nothing', () => {}, { timeouts: 20 }],
    ['closes without a word', (socket) => onRequest(socket, () => socket.end()), { closed: 20 }],
    ['closes half-way through the header', eachThenEnd('HTTP/1.1 200 OK\r\nContent-Le'), { closed: 20 }],
    ['closes half-way through the body', eachThenEnd(ok.slice(0, -2)), { closed: 20 }],
    ['stalls half-way through the body', each(ok.slice(0, -2)), { timeouts: 20 }],
    ['sends garbage', each('\x00\x01\x02 SSH-2.0\r\n\r\n'), { malformed: 20 }],
    ['sends an endless header', each(`HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(20_000)}`), { malformed: 20 }],
    ['sends more than its Content-Length', each(`${ok}x`), { malformed: 20 }],
    ['sends 100 Continue first', each(`HTTP/1.1 100 Continue\r\n\r\n${ok}`), { responses: 20 }],
    ['gives no length and closes', eachThenEnd('HTTP/1.1 200 OK\r\n\r\nuntil the end'), { responses: 20 }],
    ['gives no length and does not close', each('HTTP/1.1 200 OK\r\n\r\nuntil when?'), { timeouts: 20 }],
  ])('that %s, every request ends in one outcome', async (_name, behave, expected) => {
    // Only what is meant to time out may: a busy machine can be slow to answer.
    const timeoutMs = expected.timeouts === undefined ? undefined : 300;
    expect(await outcomesOf(behave, timeoutMs)).toMatchObject(expected);
  });

  it('reads a response that trickles in byte by byte', async () => {
    const counts = await outcomesOf((socket) => {
      socket.setNoDelay();
      onRequest(socket, async () => {
        for (const byte of ok) {
          socket.write(byte);
          await new Promise((resolve) => setImmediate(resolve));
        }
      });
    });
    expect(counts.responses).toBe(20);
  });

  it('counts a refused connection as a connect error and says why', async () => {
    const server = await hostileServer(() => {});
    await server.close();
    const { tally } = await nativeEngine.run(jobFor(server.port), {});
    expect(tally.outcomeCounts()).toMatchObject({ started: 20, connectErrors: 20, responses: 0 });
    expect(tally.errors.entries()).toEqual([[`connect ECONNREFUSED 127.0.0.1:${server.port}`, 20]]);
  });

  it('gives up on a target that is not there instead of failing a million times', async () => {
    const server = await hostileServer(() => {});
    await server.close();
    const result = await nativeEngine.run(jobFor(server.port, { requests: 1_000_000 }), {});
    expect(result.tally.outcomeCounts().started).toBeLessThan(11_000);
    expect(result.warnings.map(({ code }) => code)).toContain('gave-up');
    expect(result.interrupted).toBe(false);
  });

  it('opens a connection a request without keep-alive, and one a place with it', async () => {
    for (const [keepAlive, connections] of [
      [false, 20],
      [true, 4],
    ] as const) {
      const server = await hostileServer(keepAlive ? each(ok) : eachThenEnd(ok));
      await nativeEngine.run(jobFor(server.port, { keepAlive }), {});
      expect(server.accepted()).toBe(connections);
      await server.close();
    }
  });

  it('survives a server that closes idle connections between requests', async () => {
    // The close races with the next request on that connection, so a few may end as closed; none is lost.
    const counts = await outcomesOf((socket) => onRequest(socket, () => socket.end(ok)));
    expect(counts.responses + counts.closed + counts.resets).toBe(20);
  });

  it.each([
    ['ends', (socket: Socket) => socket.end()],
    ['resets', (socket: Socket) => socket.resetAndDestroy()],
  ])('sends a request again, like ab, to a server that %s kept connections unannounced', async (_, close) => {
    const server = await hostileServer((socket) =>
      onRequest(socket, (_request, index) => (index === 0 ? socket.write(ok) : close(socket))),
    );
    const job = jobFor(server.port, { requests: 200 }, { resendsUnseen: true });
    const { tally } = await nativeEngine.run(job, {});
    expect(tally.outcomeCounts()).toMatchObject({ started: 200, responses: 200 });
    expect(tally.counters.resent).toBeGreaterThan(100);
    expect(server.accepted()).toBe(200);
    await server.close();
  });

  it.each([
    ['at once', 0, true, 'resent'],
    ['at once, and is not asked again,', 0, false, 'closed'],
    ['when it has had the request for long', 400, true, 'closed'],
  ])('that closes a kept connection %s: a request is %s %s %s', async (_, afterMs, retryStale, becomes) => {
    const server = await hostileServer((socket) =>
      onRequest(socket, (_request, index) => {
        if (index === 0) socket.write(ok);
        else setTimeout(() => socket.end(), afterMs);
      }),
    );
    const job = jobFor(server.port, { requests: 4, concurrency: 1, retryStale });
    const { tally } = await nativeEngine.run(job, {});
    const { responses, closed } = tally.outcomeCounts();
    // A second one meets each connection.
    if (becomes === 'resent') expect([responses, closed, tally.counters.resent]).toEqual([4, 0, 3]);
    else expect([responses, closed, tally.counters.resent]).toEqual([2, 2, 0]);
    await server.close();
  });

  it('does not send a request again that a new connection lost', async () => {
    const server = await hostileServer((socket) => onRequest(socket, () => socket.end()));
    const { tally } = await nativeEngine.run(jobFor(server.port, {}, { resendsUnseen: true }), {});
    expect(tally.outcomeCounts()).toMatchObject({ started: 20, closed: 20 });
    expect(server.accepted()).toBe(20);
    await server.close();
  });

  it('stops when told to, cancels what hangs and reports it', async () => {
    const server = await hostileServer((socket) =>
      onRequest(socket, (_request, index) => index < 2 && socket.write(ok)),
    );
    const controller = new AbortController();
    const job = jobFor(server.port, { requests: 1000, timeoutMs: 60_000 });
    const result = await nativeEngine.run(job, {
      signal: controller.signal,
      onStart: () => setTimeout(() => controller.abort(), 300),
    });
    expect(result.interrupted).toBe(true);
    expect(result.tally.outcomeCounts()).toMatchObject({ started: 12, responses: 8, cancelled: 4 });
    await server.close();
  });

  it('keeps at most 1,024 backends and counts the rest as unattributed', async () => {
    let next = 0;
    const server = await hostileServer((socket) =>
      onRequest(socket, () => {
        next++;
        socket.write(
          `HTTP/1.1 200 OK\r\nX-Upstream: 10.0.${next >> 8}.${next & 255}:80\r\nContent-Length: 0\r\n\r\n`,
        );
      }),
    );
    const { tally } = await nativeEngine.run(jobFor(server.port, { requests: 1100, timeoutMs: 5000 }), {});
    expect(tally.cells.length).toBe(1025);
    expect(tally.cells[0]?.count).toBe(1100 - 1024);
    expect(tally.counters.backendOverflow).toBe(1100 - 1024);
    await server.close();
  });
});

describe.each(wires)('over %s, attribution by body', (wire) => {
  const jobFor = jobsOver(wire);

  it.each([
    ['a JSON pointer', { by: 'body-pointer', pointer: '/server' } as const],
    ['a regular expression', { by: 'body-pattern', pattern: '"server":(\\d+)', flags: '' } as const],
  ])('finds the backend by %s', async (_name, attribution) => {
    const body = JSON.stringify({ server: 8001, text: 'x'.repeat(3000) });
    const server = await hostileServer(
      each(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
    );
    const { tally } = await nativeEngine.run(jobFor(server.port, {}, { attribution }), {});
    expect(tally.cells.map(({ address, count }) => [address, count])).toEqual([
      ['', 0],
      ['8001', 20],
    ]);
    await server.close();
  });
});
