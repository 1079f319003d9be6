import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LoadStages } from '../../src/engine/load-stages.js';
import { Schedule } from '../../src/engine/schedule.js';
import { createScriptedEngine } from '../../src/engine/scripted/scripted-engine.js';
import { runScenario } from '../../src/index.js';
import type { LoadStage } from '../../src/model/plan.js';
import type { Sample } from '../../src/model/sample.js';

function stage(durationMs: number, from: number, to = from): LoadStage {
  return { name: '', durationMs, from, to };
}

function duesOf(schedule: Schedule, most = 100_000): number[] {
  const dues: number[] = [];
  for (; schedule.dueUs < Number.POSITIVE_INFINITY && dues.length < most; schedule.advance())
    dues.push(schedule.dueUs);
  return dues;
}

const load = (stages: readonly LoadStage[], arrivals: 'constant' | 'poisson' = 'constant') => ({
  ratePerSec: undefined,
  arrivals,
  stages,
});

const rates = fc.array(
  fc.record({
    name: fc.constant(''),
    durationMs: fc.integer({ min: 100, max: 3000 }),
    from: fc.integer({ min: 0, max: 500 }),
    to: fc.integer({ min: 0, max: 500 }),
  }),
  { minLength: 1, maxLength: 5 },
);

describe('stages of a rate', () => {
  it('are evenly spaced where it is held, and closer and closer where it rises', () => {
    // 4 in a second, then from 4/s to 12/s: t + t²/… of which four are due by 0.78 s, as 4t + 4t² = 6.
    expect(duesOf(new Schedule(load([stage(1000, 4)]), 1))).toEqual([0, 250_000, 500_000, 750_000]);
    const [first = 0, second = 0, third = 0, ...rest] = duesOf(new Schedule(load([stage(1000, 0, 10)]), 1));
    // 5t² = 0, 1, 2: t = 0, 0.447, 0.632.
    expect([first, second, third].map(Math.round)).toEqual([0, 447_214, 632_456]);
    expect(rest).toHaveLength(2);
  });

  it('have as many due by any moment as the rate comes to, one more or less', () => {
    fc.assert(
      fc.property(rates, fc.double({ min: 0, max: 1, noNaN: true }), (stages, part) => {
        const totalMs = stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
        const atMs = part * totalMs;
        let [wanted, startMs] = [0, 0];
        for (const { durationMs, from, to } of stages) {
          const t = Math.min(durationMs, Math.max(0, atMs - startMs));
          wanted += (from * t + ((to - from) * t * t) / (2 * durationMs)) / 1000;
          startMs += durationMs;
        }
        const dues = duesOf(new Schedule(load(stages), 1));
        const due = dues.filter((us) => us <= atMs * 1000).length;
        expect(Math.abs(due - wanted)).toBeLessThanOrEqual(1.001);
        expect(dues).toEqual(dues.toSorted((a, b) => a - b));
        expect(dues.every((us) => us >= 0 && us <= totalMs * 1000)).toBe(true);
      }),
    );
  });

  it('are Poisson where arrivals are: the same number on average, and no others for threads', () => {
    const stages = [stage(10_000, 100, 300), stage(10_000, 300)];
    const counts = Array.from(
      { length: 40 },
      (_, seed) => duesOf(new Schedule(load(stages, 'poisson'), seed)).length,
    );
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    // 5000 each: the mean of 40 lies within 5 standard deviations, 5 * √5000 / √40.
    expect(Math.abs(mean - 5000)).toBeLessThan(56);
    const whole = duesOf(new Schedule(load(stages, 'poisson'), 1));
    const third = duesOf(new Schedule(load(stages, 'poisson'), 1, 2, 3));
    expect(third).toEqual(whole.filter((_, index) => index % 3 === 2));
  });
});

describe('stages of a concurrency', () => {
  it('hold, rise and fall by whole places, and end', () => {
    const stages = new LoadStages([stage(1000, 2), stage(1000, 2, 4), stage(1000, 4, 0)]);
    const at = (...ms: number[]) => ms.map((one) => stages.placesAt(one * 1000));
    expect(at(0, 999)).toEqual([2, 2]);
    expect(at(1000, 1249, 1251, 1749, 1751, 1999)).toEqual([2, 2, 3, 3, 4, 4]);
    expect(at(2000, 2500, 2999, 3000, 9000)).toEqual([4, 2, 0, 0, 0]);
  });

  it('say when there may be another number of places, and never miss a change', () => {
    fc.assert(
      fc.property(rates, (stages) => {
        const all = new LoadStages(stages);
        const endUs = stages.reduce((sum, { durationMs }) => sum + durationMs, 0) * 1000;
        let us = 0;
        while (us < endUs) {
          const nextUs = all.nextChangeUs(us);
          if (nextUs <= us) throw new Error(`no way on from ${us}`);
          const before = all.placesAt(us);
          if (all.placesAt(us + 0.9 * (nextUs - us - 1)) !== before)
            throw new Error(`missed a change after ${us}`);
          us = Math.min(nextUs, endUs);
        }
        expect(us).toBe(endUs);
        expect(all.nextChangeUs(endUs)).toBe(Number.POSITIVE_INFINITY);
      }),
    );
  });

  it('are kept by an engine, and told by stage', async () => {
    const samples: Sample[] = [];
    const report = await runScenario(
      {
        target: 'http://h',
        load: {
          stages: [
            { duration: '1s', concurrency: 2 },
            { duration: '1s', concurrency: { from: 2, to: 6 } },
            { duration: '1s', concurrency: 1, name: 'one left' },
          ],
        },
        expect: { '10.0.0.1:80': 1, '10.0.0.2:80': 1 },
      },
      {
        engine: createScriptedEngine((index) => ({
          serviceMs: 50,
          status: index % 40 === 7 ? 500 : 200,
          upstream: `10.0.0.${1 + (index % 2)}:80`,
        })),
        onSample: (sample) => samples.push(sample),
      },
    );
    const inFlight = (ms: number) =>
      samples.filter(({ start, service }) => start <= ms && ms < start + service).length;
    expect([25, 975, 1120, 1400, 1990].map(inFlight)).toEqual([2, 2, 2, 4, 6]);
    // What is in flight when there are fewer places ends; nothing new begins meanwhile.
    expect(inFlight(2075)).toBe(1);
    const stages = report.runs[0]?.stages ?? [];
    expect(stages.map(({ name }) => name)).toEqual(['1: 2 in flight', '2: 2 to 6 in flight', 'one left']);
    expect(stages[0]).toMatchObject({
      fromMs: 0,
      durationMs: 1000,
      started: 40,
      errors: 1,
      rps: 40,
      skew: 0,
    });
    expect(stages[0]?.backends.map(({ count }) => count)).toEqual([20, 20]);
    expect(stages[2]).toMatchObject({ fromMs: 2000, durationMs: 1000 });
    const started = samples.filter(({ start }) => start >= 1000 && start < 2000).length;
    expect(stages[1]?.started).toBe(started);
    expect(stages.reduce((sum, one) => sum + one.started, 0)).toBe(report.runs[0]?.outcomes.started);
  });
});
