import { afterAll, beforeAll, expect, it } from 'vitest';
import { autocannonEngine } from '../../src/engine/autocannon/autocannon-engine.js';
import type { Engine, LoadJob, LoadResult } from '../../src/engine/load-job.js';
import { nativeEngine } from '../../src/engine/native/native-engine.js';
import { type Lab, startLab } from '../../src/lab/lab.js';
import type { LoadPlan } from '../../src/model/plan.js';
import { jobFor } from '../engine/native/load-jobs.js';
import { algorithm, labPlan } from '../lab/lab-plan.js';
import { watchLateness } from '../lateness.js';
import { describeWithNginx } from './real-nginx.js';

const latencyMs = 20;
const requests = 500;

/** What a run measured, and what its backends counted meanwhile. */
interface Measured {
  readonly result: LoadResult;
  readonly received: Record<string, number>;
}

describeWithNginx('native and autocannon on the same plan, through real nginx', () => {
  let lab: Lab;
  let a = '';
  let b = '';

  beforeAll(async () => {
    const plan = await labPlan(['weight=3', 'weight=2'], { balancer: 'nginx' });
    const servers = plan.servers.map(({ line }) => ({
      line,
      behaviour: { latencyMs, jitterMs: 0, slots: undefined },
    }));
    lab = await startLab(
      { ...plan, servers },
      { seed: 1, algorithm: algorithm('round_robin'), onWarning: () => {} },
    );
    [a = '', b = ''] = servers.map(({ line }) => line.address);
  });

  afterAll(() => lab?.close());

  function jobOf(load: Partial<LoadPlan>): LoadJob {
    const job = jobFor(lab.target.port, { requests, concurrency: 5, timeoutMs: 10_000, ...load });
    const chat = { name: 'chat', method: 'POST', path: '/chat', weight: 1 };
    const completions = { name: 'completions', method: 'GET', path: '/completions?user={1..500}', weight: 3 };
    return {
      ...job,
      poolNames: [lab.poolName],
      knownBackends: [a, b],
      requests: [
        {
          ...chat,
          headers: [['Content-Type', 'application/json']],
          body: { kind: 'template', text: '{"message":"Hello"}' },
        },
        { ...completions, headers: [], body: undefined },
      ],
    };
  }

  async function measure(engine: Engine, load: Partial<LoadPlan> = {}): Promise<Measured> {
    const before = await lab.backendCounts();
    const result = await engine.run(jobOf(load), {});
    const after = await lab.backendCounts();
    const received = Object.fromEntries(
      [a, b].map((address) => [address, (after[address] ?? 0) - (before[address] ?? 0)]),
    );
    return { result, received };
  }

  const sharesOf = ({ result }: Measured) =>
    Object.fromEntries(result.tally.cells.slice(1).map(({ address, count }) => [address, count]));

  const medianMs = ({ result }: Measured) =>
    (result.tally.overall('service').percentileUs(50) ?? Number.NaN) / 1000;

  it('agree with each other and with what the backends counted', async () => {
    using machine = watchLateness();
    const native = await measure(nativeEngine);
    const autocannon = await measure(autocannonEngine);
    for (const measured of [native, autocannon]) {
      const { tally } = measured.result;
      expect(tally.outcomeCounts()).toMatchObject({ started: requests, responses: requests });
      expect(tally.statusCounts()).toEqual({ '200': requests });
      // 500 is 100 rounds of 3 + 2, wherever in a round the run begins.
      expect(sharesOf(measured)).toEqual({ [a]: 300, [b]: 200 });
      expect(measured.received).toEqual({ [a]: 300, [b]: 200 });
      expect(tally.cells[0]?.count).toBe(0);
      // The backend waits 20 ms, and a timer may be a fraction of a millisecond early.
      expect(medianMs(measured)).toBeGreaterThan(latencyMs - 1);
    }
    expect(native.result.tally.requests.map(({ counters }) => counters.count)).toEqual(
      autocannon.result.tally.requests.map(({ counters }) => counters.count),
    );
    expect(native.result.tally.counters.bodyBytes).toBe(autocannon.result.tally.counters.bodyBytes);
    expect(native.result.tally.counters.receivedBytes).toBe(autocannon.result.tally.counters.receivedBytes);
    expect(Math.abs(medianMs(autocannon) - medianMs(native))).toBeLessThan(0.25 * latencyMs + machine.lateMs);
  });

  it('agree in the open model on the service time, which only native also tells from the intended start', async () => {
    const load = { model: 'open', ratePerSec: 100, requests: 200, concurrency: 100 } as const;
    using machine = watchLateness();
    const native = await measure(nativeEngine, load);
    const autocannon = await measure(autocannonEngine, load);
    for (const measured of [native, autocannon]) {
      expect(measured.result.tally.outcomeCounts()).toMatchObject({ started: 200, responses: 200 });
      expect(sharesOf(measured)).toEqual({ [a]: 120, [b]: 80 });
      expect(measured.received).toEqual({ [a]: 120, [b]: 80 });
      expect(medianMs(measured)).toBeGreaterThan(latencyMs - 1);
    }
    expect(native.result.tally.clocks.response.count).toBe(200);
    expect(autocannon.result.tally.clocks.response.count).toBe(0);
    // Native has the last start due at 199 / 100 s; autocannon starts 100 at once, twice, a second apart.
    expect(native.result.durationMs).toBeGreaterThan(1990);
    expect(autocannon.result.durationMs).toBeGreaterThan(990);
    expect(autocannon.result.durationMs).toBeLessThan(1900 + machine.lateMs);
  });
});
