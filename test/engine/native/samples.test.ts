import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { autocannonEngine } from '../../../src/engine/autocannon/autocannon-engine.js';
import { nowUs } from '../../../src/engine/monotonic-clock.js';
import { nativeEngine } from '../../../src/engine/native/native-engine.js';
import type { ScriptedResponse } from '../../../src/engine/scripted/script.js';
import { createScriptedEngine } from '../../../src/engine/scripted/scripted-engine.js';
import { Outcome } from '../../../src/model/outcome.js';
import type { Sample } from '../../../src/model/sample.js';
import { unattributedCell } from '../../../src/tally/attempt-cells.js';
import { hostileServer, onRequest } from './hostile-server.js';
import { jobFor, jobsOver, wires } from './load-jobs.js';

const answer = (upstream: string | undefined) =>
  `HTTP/1.1 200 OK\r\n${upstream === undefined ? '' : `X-Upstream: ${upstream}\r\n`}Content-Length: 5\r\n\r\nhello`;

/** Answers in turn as if each of these lists of attempts had been made. */
function serverOf(attempts: readonly (string | undefined)[]) {
  let count = 0;
  return hostileServer((socket) =>
    onRequest(socket, () => socket.write(answer(attempts[count++ % attempts.length]))),
  );
}

const measuring = [
  ...wires.map((wire) => ({ name: `native, ${wire}`, engine: nativeEngine, jobFor: jobsOver(wire) })),
  { name: 'autocannon', engine: autocannonEngine, jobFor },
];

describe.each(measuring)('samples of the $name engine', ({ engine, jobFor }) => {
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

const head = 'HTTP/1.1 503 Busy\r\nX-Upstream: 10.0.0.2:80, 10.0.0.1:80\r\n';
const halfBody = `${head}Content-Length: 9\r\n\r\nhell`;
/** Lets what was written arrive before the end, which would overtake it. */
const endDelayMs = 50;
/** What of it has come, in a script. */
const seen = { status: 503, upstream: '10.0.0.2:80, 10.0.0.1:80', ttfbMs: 1, bodyBytes: 80 };

interface Breaking {
  /** What the server does with a request. */
  readonly behave: (socket: Socket) => void;
  /** The same in a script. */
  readonly script: ScriptedResponse;
}

/** The ways in which a request can break off behind the head of its response, by outcome. */
const breakings: Record<'reset' | 'closed' | 'timeout' | 'malformed', Breaking> = {
  reset: {
    behave: (socket) => {
      socket.write(halfBody);
      setTimeout(() => socket.resetAndDestroy(), endDelayMs);
    },
    script: { ...seen, failure: Outcome.reset, serviceMs: 50 },
  },
  closed: {
    behave: (socket) => {
      socket.write(halfBody);
      setTimeout(() => socket.end(), endDelayMs);
    },
    script: { ...seen, failure: Outcome.closed, serviceMs: 50 },
  },
  timeout: {
    behave: (socket) => socket.write(halfBody),
    script: { ...seen, serviceMs: 5000 },
  },
  malformed: {
    behave: (socket) => socket.write(`${head}Transfer-Encoding: chunked\r\n\r\nno size\r\n`),
    script: { ...seen, failure: Outcome.malformed, serviceMs: 1 },
  },
};

const engines = ['native', 'autocannon', 'scripted'] as const;

/** One request of which becomes what is said. */
async function broken(engine: (typeof engines)[number], { behave, script }: Breaking) {
  const server = await hostileServer((socket) => onRequest(socket, () => behave(socket)));
  const samples: Sample[] = [];
  const job = jobFor(server.port, { requests: 1, concurrency: 1, timeoutMs: 1000 }, { samples: true });
  const scripted = createScriptedEngine(() => script);
  const { run } = { native: nativeEngine, autocannon: autocannonEngine, scripted }[engine];
  const { tally } = await run(job, { onSample: (sample) => samples.push(sample) });
  await server.close();
  expect(samples).toHaveLength(1);
  return { tally, sample: samples[0] as Sample };
}

describe.each(engines)('by the %s engine', (engine) => {
  it.each(Object.entries(breakings))(
    '%s behind the head counts against the backend that sent it',
    async (kind, breaking) => {
      const { tally, sample } = await broken(engine, breaking);
      // autocannon waits for what it cannot parse.
      const expected = engine === 'autocannon' && kind === 'malformed' ? 'timeout' : kind;
      expect(sample).toMatchObject({
        outcome: expected,
        backend: '10.0.0.1:80',
        retries: ['10.0.0.2:80'],
        status: 503,
      });
      if (engine === 'autocannon') {
        // It tells neither times nor bytes of what breaks off.
        expect(sample).toMatchObject({ connect: null, ttfb: null, bytes: 0 });
      } else {
        expect(sample.connect).toBeGreaterThanOrEqual(0);
        expect(sample.ttfb).toBeGreaterThan(0);
        expect(sample.ttfb).toBeLessThanOrEqual(sample.service);
        expect(sample.bytes).toBeGreaterThan(0);
      }
      const cell = tally.cells[tally.cellOf('10.0.0.1:80')];
      for (const [name, outcome] of Object.entries(Outcome)) {
        expect(cell?.outcomes[outcome]).toBe(name === expected ? 1 : 0);
        expect(tally.cells[unattributedCell]?.outcomes[outcome]).toBe(0);
      }
      expect(tally.statusCounts()).toEqual({});
      expect(cell?.clocks.service.count).toBe(0);
      expect(cell?.counters.busyUs).toBe(Math.round(sample.service * 1000));
      expect(cell?.counters.peakInFlight).toBe(1);
    },
  );

  it('a request that breaks off before any head counts against nobody', async () => {
    const { tally, sample } = await broken(engine, {
      behave: (socket) => socket.end(),
      script: { failure: Outcome.closed, serviceMs: 1 },
    });
    expect(sample).toMatchObject({
      outcome: 'closed',
      backend: null,
      retries: [],
      status: null,
      ttfb: null,
      bytes: 0,
    });
    expect(tally.cells.map(({ address, outcomes }) => [address, outcomes[Outcome.closed]])).toEqual([
      ['', 1],
    ]);
  });
});

describe('autocannon, whose parser goes on where a response broke off', () => {
  it('loses no request over it', async () => {
    const server = await hostileServer((socket) => onRequest(socket, () => breakings.closed.behave(socket)));
    const job = jobFor(server.port, { requests: 3, concurrency: 1, timeoutMs: 1000 });
    const { tally } = await autocannonEngine.run(job, {});
    await server.close();
    const { started, closed, malformed } = tally.outcomeCounts();
    expect(started).toBe(3);
    expect(closed + malformed).toBe(3);
  });
});
