import { describe, expect, it } from 'vitest';
import type { OutagePeriod } from '../../src/model/failover.js';
import type { RunReport } from '../../src/model/report.js';
import { runScenario } from '../../src/run/run-scenario.js';
import { freePorts } from '../lab/free-port.js';
import { watchLateness } from '../lateness.js';
import { planOf } from '../scenario/load-text.js';
import { describeWithNginx } from './real-nginx.js';

const concurrency = 4;

/** Runs two backends of fail_timeout=1s under a drill on the second one. */
async function drilled(
  balancer: 'nginx' | 'embedded',
  { algorithm = 'round_robin', events = '', load = '', repeat = 1 },
): Promise<{ runs: readonly RunReport[]; addresses: readonly string[] }> {
  const addresses = (await freePorts(2)).map((port) => `127.0.0.1:${port}`);
  const [first, second] = addresses;
  const plan = planOf(`
name: drill
lab:
  balancer: ${balancer}
  servers: ["${first} fail_timeout=1s", "${second} fail_timeout=1s"]
  backend: { latency: 5ms }
  events: [${events.replaceAll('backend', `backend: "${second}"`)}]
algorithms: ["${algorithm}"]
repeat: ${repeat}
load: { ${load}, concurrency: ${concurrency} }
requests: [{ method: GET, path: "/item/{1..200}" }]
`);
  const { runs } = await runScenario(plan);
  return { runs, addresses };
}

/** Two backends that take turns: their counts differ by what is in flight at the ends of the period at most. */
function expectTurns(period: OutagePeriod | undefined): void {
  const [first, second] = period?.backends ?? [];
  expect(Math.abs((first?.count ?? Number.NaN) - (second?.count ?? Number.NaN))).toBeLessThanOrEqual(
    concurrency,
  );
}

/** Stopped from 1 s to 3 s. By nginx's clock of whole seconds it may then be up to 2 s until it is tried again. */
const stopped = {
  events: '{ at: 1s, backend, do: stop }, { at: 3s, backend, do: start }',
  load: 'duration: 6s',
};

function judgeStopped(balancer: 'nginx' | 'embedded', algorithm: string) {
  it.concurrent(`loses no request of ${algorithm} when a backend stops, and brings it back in time`, async () => {
    using machine = watchLateness();
    const { runs, addresses } = await drilled(balancer, { ...stopped, algorithm });
    const [run] = runs;
    const [outage] = run?.failover?.outages ?? [];
    if (run === undefined || outage === undefined) throw new Error('expected an outage');
    expect(run.failover?.events.map(({ atMs, action }) => [atMs, action])).toEqual([
      [1000, 'stop'],
      [3000, 'start'],
    ]);
    for (const { atMs, startedMs, doneMs } of run.failover?.events ?? []) {
      expect(startedMs).toBeGreaterThanOrEqual(atMs);
      expect(doneMs).toBeGreaterThan(startedMs ?? 0);
    }
    expect(outage).toMatchObject({ backend: addresses[1], action: 'stop', maxFails: 1, failTimeoutSec: 1 });
    if (algorithm === 'round_robin') {
      for (const period of [outage.before, outage.after]) expectTurns(period);
    }
    // Nothing but what was on its way when the outage began.
    expect(outage.during.backends[1]?.count).toBeLessThanOrEqual(concurrency);

    // GET is tried again elsewhere: nothing reaches the client, and the failures show as retries.
    expect(outage.during).toMatchObject({ failures: 0, errors: 0, retries: outage.failedAttempts });
    expect(run.outcomes.started).toBe(run.status['200']);
    expect(outage.takenOut?.failures).toBeGreaterThanOrEqual(1);
    // Only what it was working on: after its first failure max_fails=1 lets nobody in.
    expect(outage.takenOut?.failures).toBeLessThanOrEqual(concurrency);
    // After 1 to 2 s one request looks whether it is back, and bans it for as long again: one a second at most.
    const [stop, start] = run.failover?.events ?? [];
    const outageMs = (start?.doneMs ?? Number.NaN) - (stop?.startedMs ?? Number.NaN);
    expect(outage.takenOut?.probes).toBeLessThanOrEqual(Math.floor(outageMs / 1000));
    expect(outage.backMs).toBeLessThan(2500 + machine.lateMs);

    if (algorithm === 'round_robin') expect(outage.keys).toBeUndefined();
    else {
      expect(outage.keys?.compared).toBeGreaterThan(0);
      expect(outage.keys).toMatchObject({ moved: outage.keys?.owned, needless: 0 });
    }
  });
}

describeWithNginx('nginx in a drill', () => {
  judgeStopped('nginx', 'round_robin');
  judgeStopped('nginx', 'hash $request_uri consistent');
});

describe('the embedded balancer in a drill', () => {
  judgeStopped('embedded', 'round_robin');
  judgeStopped('embedded', 'hash $request_uri consistent');

  it('passes errors on without taking the backend out, as nginx does', async () => {
    const { runs } = await drilled('embedded', {
      events: '{ at: 0.3s, backend, do: error }',
      load: 'duration: 1s',
    });
    const [outage] = runs[0]?.failover?.outages ?? [];
    expect(outage?.during.backends[1]?.share).toBeCloseTo(0.5, 1);
    // Good answers during the outage were on their way when it began.
    const { count = 0, errors = 0 } = outage?.during.backends[1] ?? {};
    expect(count - errors).toBeLessThanOrEqual(concurrency);
    expect(outage).toMatchObject({ takenOut: undefined, untilMs: undefined, after: undefined });
  });

  it('starts each round with healthy backends, and says which events came too late', async () => {
    const { runs } = await drilled('embedded', {
      events: '{ at: 0.3s, backend, do: stop }, { at: 9s, backend, do: start }',
      load: 'duration: 0.6s',
      repeat: 2,
    });
    expect(runs.map(({ name }) => name)).toEqual(['round_robin #1', 'round_robin #2']);
    for (const { failover, warnings } of runs) {
      expect(failover?.outages[0]?.before.backends[1]?.share).toBeCloseTo(0.5, 1);
      expect(failover?.events.map(({ startedMs }) => startedMs === undefined)).toEqual([false, true]);
      const told = warnings.filter(({ code }) => code === 'drill').map(({ text }) => text);
      // On a busy machine an event may be done late besides, which is told too.
      expect(told.filter((text) => !/ was done [\d.]+ m?s late$/.test(text))).toEqual([
        expect.stringMatching(
          /^1 event of the drill came after the end of the run at .*, the first start of /,
        ),
      ]);
    }
  });
});
