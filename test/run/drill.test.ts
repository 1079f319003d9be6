import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { nowUs } from '../../src/engine/monotonic-clock.js';
import type { LabEvent } from '../../src/model/plan.js';
import type { Sample } from '../../src/model/sample.js';
import { Drill, recover } from '../../src/run/drill.js';
import { labServer } from '../lab/lab-plan.js';

const backend = '127.0.0.1:8001';
const event = (atMs: number, action: LabEvent['action'] = 'stop'): LabEvent => ({ atMs, backend, action });

const sample: Sample = {
  index: 0,
  request: 'GET /',
  backend,
  retries: [],
  status: 200,
  outcome: 'response',
  error: false,
  start: 10,
  wait: 0,
  connect: 0,
  ttfb: 1,
  service: 2,
  bytes: 100,
};

/** A drill on a lab that notes what it was told, or does something else. */
function drill(events: readonly LabEvent[], act: () => Promise<void> = async () => {}) {
  const told: string[] = [];
  const lab = {
    servers: [labServer(backend)],
    act: async ({ action }: Pick<LabEvent, 'action'>) => {
      told.push(action);
      await act();
    },
  };
  return { drill: new Drill({ events, lab, concurrency: 1, keyOf: undefined }), told };
}

describe('Drill', () => {
  it('does its events in order, none before its time', async () => {
    const { drill: one, told } = drill([event(20, 'stop'), event(20, 'slow'), event(40, 'start')]);
    one.start(nowUs());
    await sleep(150);
    const { failover } = await one.end(false);
    expect(told).toEqual(['stop', 'slow', 'start']);
    const started = failover.events.map(({ startedMs }) => startedMs ?? -1);
    expect(started[0]).toBeGreaterThanOrEqual(20);
    expect(started[1]).toBeGreaterThanOrEqual(started[0] ?? 0);
    expect(started[2]).toBeGreaterThanOrEqual(40);
    expect(failover.outages.map(({ action }) => action)).toEqual(['stop', 'slow']);
  });

  it('says how late an event was done', async () => {
    const { drill: one } = drill([event(1)], () => sleep(100));
    one.start(nowUs());
    await sleep(20);
    // The event is under way: its end is waited for.
    const { failover, warnings } = await one.end(false);
    expect(failover.events[0]?.doneMs).toBeGreaterThanOrEqual(100);
    expect(warnings).toEqual([
      {
        code: 'drill',
        text: expect.stringMatching(/^stop of 127.0.0.1:8001 at 1.00 ms was done [\d.]+ ms late$/),
      },
    ]);
  });

  it('goes on after an event that failed, and says so', async () => {
    const { drill: one, told } = drill([event(1), event(2, 'start')], () =>
      Promise.reject(new Error('it is in use')),
    );
    one.start(nowUs());
    await sleep(60);
    const { failover, warnings } = await one.end(false);
    expect(told).toEqual(['stop', 'start']);
    expect(failover.events.map(({ doneMs }) => doneMs)).toEqual([undefined, undefined]);
    expect(warnings[0]?.text).toBe('stop of 127.0.0.1:8001 at 1.00 ms failed: it is in use');
  });

  it('drops what a run that ended did not reach, with a warning unless it was interrupted', async () => {
    for (const interrupted of [false, true]) {
      const { drill: one, told } = drill([event(60_000), event(70_000, 'start')]);
      one.start(nowUs());
      one.record(sample);
      const { failover, warnings } = await one.end(interrupted);
      expect(told).toEqual([]);
      expect(failover.outages).toEqual([]);
      expect(warnings.map(({ text }) => text)).toEqual(
        interrupted
          ? []
          : [
              '2 events of the drill came after the end of the run at 12.0 ms, the first stop of 127.0.0.1:8001 at ' +
                '1 min 0 s: a longer load.duration would reach them',
            ],
      );
    }
  });

  it('says that an engine which never began cannot be drilled', async () => {
    const { drill: one } = drill([event(1)]);
    one.record(sample);
    const { warnings } = await one.end(false);
    expect(warnings).toEqual([
      { code: 'drill', text: 'none of lab.events happened, because the engine plays in virtual time' },
    ]);
    expect((await drill([event(1)]).drill.end(true)).warnings).toEqual([]);
  });

  it('leaves out what lbbench itself gave up', async () => {
    const { drill: one } = drill([event(1)]);
    one.start(nowUs());
    await sleep(30);
    one.record({ ...sample, start: 100, outcome: 'cancelled', backend: null, status: null });
    one.record({ ...sample, start: 100, outcome: 'timeout', backend: null, status: null });
    const { failover } = await one.end(true);
    expect(failover.outages[0]?.during).toMatchObject({ requests: 1, failures: 1 });
  });
});

describe('recover', () => {
  it('starts each backend of the drill once', async () => {
    const told: unknown[] = [];
    const lab = { act: async (one: unknown) => void told.push(one) };
    await recover(lab, [event(1), event(2, 'slow'), { ...event(3), backend: '127.0.0.1:8002' }]);
    expect(told).toEqual([
      { backend, action: 'start' },
      { backend: '127.0.0.1:8002', action: 'start' },
    ]);
  });
});
