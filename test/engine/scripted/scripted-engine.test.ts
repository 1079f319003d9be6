import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LoadJob, LoadProgress, LoadResult } from '../../../src/engine/load-job.js';
import { RequestEncoder } from '../../../src/engine/request-encoder.js';
import type { Script } from '../../../src/engine/scripted/script.js';
import { createScriptedEngine, scriptedEngine } from '../../../src/engine/scripted/scripted-engine.js';
import { Outcome } from '../../../src/model/outcome.js';
import type { LoadPlan, RequestPlan } from '../../../src/model/plan.js';
import type { Sample } from '../../../src/model/sample.js';
import { jobFor } from '../native/load-jobs.js';

const constant =
  (serviceMs: number): Script =>
  () => ({ status: 200, serviceMs, upstream: '127.0.0.1:8001' });

function play(script: Script, load: Partial<LoadPlan>, others: Partial<LoadJob> = {}): Promise<LoadResult> {
  return createScriptedEngine(script).run(jobFor(1, { timeoutMs: 60_000, ...load }, others), {});
}

async function samplesOf(script: Script, load: Partial<LoadPlan>): Promise<Sample[]> {
  const samples: Sample[] = [];
  const job = jobFor(1, { timeoutMs: 60_000, ...load }, { samples: true });
  await createScriptedEngine(script).run(job, { onSample: (sample) => samples.push(sample) });
  return samples;
}

const cells = ({ tally }: LoadResult) => tally.cells.map(({ address, count }) => [address, count]);

describe('the default script', () => {
  it('takes 10 to 19 ms and the known backends in turn', async () => {
    const job = jobFor(1, { requests: 100, concurrency: 1, timeoutMs: 60_000 });
    const result = await scriptedEngine.run(
      { ...job, knownBackends: ['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80', '10.0.0.4:80'] },
      {},
    );
    // 10 × (10 + 11 + … + 19) = 1450 ms, one after the other.
    expect(result.durationMs).toBe(1450);
    expect(result.startedAtMs).toBe(Date.UTC(2026, 0, 1));
    expect(result).toMatchObject({ interrupted: false, first: undefined, warmup: undefined, warnings: [] });
    expect(cells(result)).toEqual([
      ['', 0],
      ['10.0.0.1:80', 25],
      ['10.0.0.2:80', 25],
      ['10.0.0.3:80', 25],
      ['10.0.0.4:80', 25],
    ]);
    expect(result.tally.overall('service').summary()).toMatchObject({
      count: 100,
      min: 10,
      mean: 14.5,
      max: 19,
      // Each of the ten values ten times: the 50th is 14 ms, the 90th 18 ms. From 8.192 ms on the histogram has
      // buckets of 8 µs and from 16.384 ms on of 16 µs, and answers with a bucket's highest value.
      p50: 14.007,
      p90: 18.015,
      p99: 19,
    });
    // Variance of the whole 8.25; times 100 / 99 for the sample.
    expect(result.tally.overall('service').stddevUs()).toBeCloseTo(Math.sqrt((8.25 * 100) / 99) * 1000, 6);
  });

  it('has two backends when none is known', async () => {
    const result = await scriptedEngine.run(jobFor(1, { requests: 5, timeoutMs: 60_000 }), {});
    expect(cells(result)).toEqual([
      ['', 0],
      ['127.0.0.1:8001', 3],
      ['127.0.0.1:8002', 2],
    ]);
  });

  it('gives the same figures every time, on any number of threads', async () => {
    const job = jobFor(1, { requests: 500, concurrency: 7, timeoutMs: 60_000 });
    const data = async (threads: number) =>
      (await scriptedEngine.run({ ...job, threads }, {})).tally.toData();
    const once = await data(1);
    expect(await data(1)).toEqual(once);
    expect(await data(4)).toEqual(once);
  });
});

describe('the closed model in virtual time', () => {
  it('keeps the places filled', async () => {
    const result = await play(constant(10), { requests: 20, concurrency: 4 });
    // Five rounds of four.
    expect(result.durationMs).toBe(50);
    expect(result.tally.cells[1]?.counters.peakInFlight).toBe(4);
    expect(result.tally.cells[1]?.counters.busyUs).toBe(200_000);
    expect(result.tally.outcomeCounts()).toMatchObject({ started: 20, responses: 20, droppedStarts: 0 });
    expect(result.tally.clocks.response.count).toBe(0);
  });

  it('starts nothing once the time is up, and lets the rest end', async () => {
    const starts = (
      await samplesOf(constant(30), { requests: undefined, durationMs: 100, concurrency: 2 })
    ).map(({ start }) => start);
    expect(starts).toEqual([0, 0, 30, 30, 60, 60, 90, 90]);
    const result = await play(constant(30), { requests: undefined, durationMs: 100, concurrency: 2 });
    expect(result.durationMs).toBe(120);
  });

  it('is greedy list scheduling, whatever the times: each request starts where a place is free first', async () => {
    const plan = fc.record({
      services: fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 60 }),
      concurrency: fc.integer({ min: 1, max: 9 }),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ services, concurrency }) => {
        const script: Script = (index) => ({
          status: 200,
          serviceMs: services[index] ?? 0,
          upstream: `10.0.0.${index % 3}:80`,
        });
        const result = await play(script, { requests: services.length, concurrency });
        const free = new Array<number>(concurrency).fill(0);
        for (const serviceMs of services) {
          const earliest = free.indexOf(Math.min(...free));
          free[earliest] = (free[earliest] ?? 0) + serviceMs;
        }
        expect(result.durationMs).toBe(Math.max(...free));
        expect(result.tally.responses).toBe(services.length);
        const busyUs = result.tally.cells.reduce((sum, cell) => sum + cell.counters.busyUs, 0);
        expect(busyUs).toBe(services.reduce((sum, ms) => sum + ms * 1000, 0));
        for (const cell of result.tally.cells)
          expect(cell.counters.peakInFlight).toBeLessThanOrEqual(concurrency);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the open model in virtual time', () => {
  const open = { model: 'open', ratePerSec: 100 } as const;

  it('starts when due, whatever the responses do', async () => {
    const samples = await samplesOf(constant(25), { ...open, requests: 4, concurrency: 10 });
    expect(samples.map(({ start, wait, service }) => [start, wait, service])).toEqual([
      [0, 0, 25],
      [10, 0, 25],
      [20, 0, 25],
      [30, 0, 25],
    ]);
    const result = await play(constant(25), { ...open, requests: 4, concurrency: 10 });
    // 0 to 25, 10 to 35, 20 to 45: three at once; the fourth starts after the first has ended.
    expect(result.tally.cells[1]?.counters.peakInFlight).toBe(3);
    expect(result.durationMs).toBe(55);
  });

  it('waits at the cap, and counts the wait', async () => {
    const load = { ...open, requests: 4, concurrency: 1 };
    const samples = await samplesOf(constant(25), load);
    // Due at 0, 10, 20 and 30 ms; free at 0, 25, 50 and 75.
    expect(samples.map(({ start, wait }) => [start, wait])).toEqual([
      [0, 0],
      [25, 15],
      [50, 30],
      [75, 45],
    ]);
    const { tally, durationMs } = await play(constant(25), load);
    expect(durationMs).toBe(100);
    // Responses of 25, 40, 55 and 70 ms.
    expect(tally.clocks.response.summary()).toMatchObject({ count: 4, min: 25, mean: 47.5, max: 70 });
    expect(tally.overall('service').summary()).toMatchObject({ min: 25, mean: 25, max: 25 });
  });

  it('counts what was due and could not start', async () => {
    const load = { ...open, requests: undefined, durationMs: 100, concurrency: 1 };
    const { tally } = await play(constant(25), load);
    // Ten are due at 0, 10, …, 90; starts at 0, 25, 50 and 75, and the place is free again when the time is up.
    expect(tally.outcomeCounts()).toMatchObject({ started: 4, responses: 4, droppedStarts: 6 });
  });

  it('draws Poisson arrivals from the seed', async () => {
    const starts = async (seed: number) => {
      const samples: Sample[] = [];
      const load = { ...open, arrivals: 'poisson', requests: 50, concurrency: 1000 } as const;
      const job = jobFor(1, { timeoutMs: 60_000, ...load }, { samples: true, seed });
      await createScriptedEngine(constant(1)).run(job, { onSample: (sample) => samples.push(sample) });
      return samples.map(({ start }) => start);
    };
    expect(await starts(1)).toEqual(await starts(1));
    expect(await starts(1)).not.toEqual(await starts(2));
  });
});

describe('what a script can say', () => {
  it('fails requests in every way', async () => {
    const failures = [Outcome.connectError, Outcome.reset, Outcome.malformed, Outcome.closed] as const;
    const script: Script = (index) => {
      const failure = failures[index];
      return failure === undefined
        ? { status: 200, serviceMs: index === 4 ? 1001 : 1000 }
        : { failure, serviceMs: 1, text: `no ${index}` };
    };
    const { tally } = await play(script, { requests: 6, concurrency: 1, timeoutMs: 1000 });
    expect(tally.outcomeCounts()).toEqual({
      started: 6,
      responses: 1,
      connectErrors: 1,
      resets: 1,
      timeouts: 1,
      malformed: 1,
      closed: 1,
      cancelled: 0,
      droppedStarts: 0,
    });
    expect(tally.errors.entries()).toContainEqual(['no complete response within 1000 ms', 1]);
    // Nobody says who served the one that did answer.
    expect(tally.cells.map(({ count }) => count)).toEqual([1]);
  });

  it('answers with retries, statuses, phases and bodies', async () => {
    const script: Script = (index) => ({
      status: index === 0 ? 502 : 200,
      serviceMs: 8,
      upstream: index === 0 ? 'backend' : '10.0.0.1:80, 10.0.0.2:80',
      ttfbMs: 3,
      firstByteBodyMs: 5,
      connectMs: index < 2 ? 1 : 0,
      bodyBytes: 10,
    });
    const job = { poolNames: ['backend'] };
    const { tally } = await play(script, { requests: 4, concurrency: 1 }, job);
    expect(tally.cells.map(({ address, count, counters }) => [address, count, counters.retries])).toEqual([
      ['', 1, 0],
      ['10.0.0.1:80', 0, 3],
      ['10.0.0.2:80', 3, 0],
    ]);
    expect(tally.counters.noBackendLeft).toBe(1);
    expect(tally.statusCounts()).toEqual({ '200': 3, '502': 1 });
    expect(tally.overall('ttfb').summary()).toMatchObject({ count: 4, min: 3, max: 3 });
    expect(tally.overall('firstByteBody').summary()).toMatchObject({ count: 4, min: 5, max: 5 });
    expect(tally.clocks.connect.summary()).toMatchObject({ count: 2, min: 1, max: 1 });
    expect(tally.counters).toMatchObject({ receivedBytes: 40, bodyBytes: 40 });
  });

  it('is asked for the number and the kind of each request, which are those of the mix', async () => {
    const requests: RequestPlan[] = ['a', 'b'].map((name) => ({
      name,
      method: 'GET',
      path: `/${name}`,
      headers: [],
      body: undefined,
      weight: 1,
    }));
    const asked: [number, number][] = [];
    const script: Script = (index, kind) => {
      asked.push([index, kind]);
      return { status: 200, serviceMs: 1 };
    };
    const { tally } = await play(script, { requests: 40, concurrency: 3 }, { requests });
    expect(asked.map(([index]) => index)).toEqual(Array.from({ length: 40 }, (_, index) => index));
    const ofKindB = asked.filter(([, kind]) => kind === 1).length;
    expect(tally.requests.map(({ counters }) => counters.count)).toEqual([40 - ofKindB, ofKindB]);
    expect(ofKindB).toBeGreaterThan(0);
    // Both kinds take the same number of bytes.
    const { target, userAgent } = jobFor(1);
    const frame = { ...target, userAgent, keepAlive: true, httpVersion: '1.1' } as const;
    const encoder = new RequestEncoder(requests[0] as RequestPlan, frame, 1);
    expect(tally.counters.sentBytes).toBe(40 * encoder.encode(0).length);
  });
});

describe('how a scripted run is watched and stopped', () => {
  it('plays a warm-up before, with numbers of its own, counted apart', async () => {
    const asked: number[] = [];
    const script: Script = (index) => {
      asked.push(index);
      return { status: 200, serviceMs: 10 };
    };
    const result = await play(script, { requests: 2, concurrency: 1, warmup: { requests: 3 } });
    expect(asked).toEqual([2 ** 40, 2 ** 40 + 1, 2 ** 40 + 2, 0, 1]);
    expect(result.warmup).toEqual({ started: 3, responses: 3 });
    expect(result.tally.outcomeCounts().started).toBe(2);
    expect(result.durationMs).toBe(20);
    const byTime = await play(constant(10), { requests: 2, concurrency: 1, warmup: { durationMs: 35 } });
    // Starts at 0, 10, 20 and 30 ms.
    expect(byTime.warmup).toEqual({ started: 4, responses: 4 });
  });

  it('looks at the progress every 250 ms of virtual time', async () => {
    const looks: LoadProgress[] = [];
    const job = jobFor(1, { requests: 100, concurrency: 1, timeoutMs: 60_000 });
    await createScriptedEngine(constant(10)).run(job, { onProgress: (look) => looks.push(look) });
    expect(looks.map(({ elapsedMs, ended }) => [elapsedMs, ended])).toEqual([
      [250, 25],
      [500, 50],
      [750, 75],
      [1000, 100],
    ]);
    expect(looks[0]).toMatchObject({
      failed: 0,
      errors: 0,
      backends: [{ address: '127.0.0.1:8001', count: 25 }],
    });
  });

  it('counts responses of status 400 and above as errors on the way, beside what failed', async () => {
    const looks: LoadProgress[] = [];
    const script: Script = (index) =>
      index % 4 === 3
        ? { failure: Outcome.reset, serviceMs: 10 }
        : { status: [200, 399, 502][index % 4] ?? 0, serviceMs: 10 };
    await createScriptedEngine(script).run(jobFor(1, { requests: 100, concurrency: 1, timeoutMs: 60_000 }), {
      onProgress: (look) => looks.push(look),
    });
    expect(looks.at(-1)).toMatchObject({ ended: 100, failed: 25, errors: 50 });
  });

  it('stops when interrupted, waits a second, and cancels what is left', async () => {
    const abort = new AbortController();
    const script: Script = (index) => ({ status: 200, serviceMs: [10, 900, 5000][index] ?? 1 });
    const job = jobFor(1, { requests: 100, concurrency: 3, timeoutMs: 60_000 }, { samples: true });
    const result = await createScriptedEngine(script).run(job, {
      signal: abort.signal,
      onSample: () => abort.abort(),
    });
    // Aborted at 10 ms: the one of 900 ms still ends, the one of 5 s is cancelled at 1010 ms.
    expect(result.interrupted).toBe(true);
    expect(result.durationMs).toBe(1010);
    expect(result.tally.outcomeCounts()).toMatchObject({ started: 3, responses: 2, cancelled: 1 });
  });

  it('starts nothing when it was interrupted before', async () => {
    const signal = AbortSignal.abort();
    const result = await scriptedEngine.run(jobFor(1), { signal });
    expect(result).toMatchObject({ interrupted: true, durationMs: 0 });
    expect(result.tally.outcomeCounts()).toMatchObject({ started: 0 });
  });
});
