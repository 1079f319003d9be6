import { describe, expect, it } from 'vitest';
import { faultsOf, planOf } from './load-text.js';

const scenario = (load: string) => `target: http://h\nload: ${load}`;

describe('load.stages', () => {
  it('are held or go from one level to another, in the open model', () => {
    const { load } = planOf(
      scenario(
        '{ stages: [{ duration: 30s, rate: 100/s }, { duration: 1m, rate: { from: 100/s, to: 400 } }], arrivals: poisson }',
      ),
    );
    expect(load).toMatchObject({
      model: 'open',
      requests: undefined,
      durationMs: 90_000,
      concurrency: 10_000,
      arrivals: 'poisson',
      stages: [
        { name: '1: 100/s', durationMs: 30_000, from: 100, to: 100 },
        { name: '2: 100/s to 400/s', durationMs: 60_000, from: 100, to: 400 },
      ],
    });
    // (30 * 100 + 60 * 250) / 90
    expect(load.ratePerSec).toBeCloseTo(200, 9);
  });

  it('and in the closed one', () => {
    const { load } = planOf(
      scenario(
        '{ stages: [{ duration: 5s, concurrency: { from: 0, to: 50 } }, { name: peak, duration: 5s, concurrency: 20 }] }',
      ),
    );
    expect(load).toMatchObject({
      model: 'closed',
      concurrency: 50,
      ratePerSec: undefined,
      durationMs: 10_000,
    });
    expect(load.stages?.map(({ name }) => name)).toEqual(['1: 0 to 50 in flight', 'peak']);
  });

  it.each([
    ['{ rate: 5/s, stages: [{ duration: 5s, rate: 5/s }] }', 'load.rate: expected no rate beside stages'],
    [
      '{ requests: 5, stages: [{ duration: 5s, rate: 5/s }] }',
      'load.requests: expected no requests beside stages',
    ],
    [
      '{ duration: 5s, stages: [{ duration: 5s, rate: 5/s }] }',
      'load.duration: expected no duration beside stages',
    ],
    [
      '{ concurrency: 5, stages: [{ duration: 5s, concurrency: 5 }] }',
      'load.concurrency: expected no concurrency',
    ],
    [
      '{ stages: [{ duration: 5s, rate: 5/s }, { duration: 5s, concurrency: 5 }] }',
      'load.stages[1]: expected a rate in each stage',
    ],
    ['{ stages: [{ duration: 5s }] }', 'load.stages[0]: expected a concurrency in each stage, got none'],
    ['{ stages: [{ duration: 5s, rate: 5/s, concurrency: 5 }] }', 'got a rate and a concurrency'],
    ['{ stages: [{ rate: 5/s }] }', 'load.stages[0].duration'],
    ['{ stages: [{ duration: 5s, rate: { from: 5/s } }] }', 'load.stages[0].rate'],
    [
      '{ stages: [{ duration: 5s, rate: { from: 0, to: 0 } }] }',
      'expected a ramp that leaves 0 or ends there',
    ],
    ['{ stages: [{ duration: 5s, rate: 0 }] }', 'load.stages[0].rate'],
    ['{ stages: [] }', 'load.stages: expected'],
  ])('refuses %s', (load, message) => {
    expect(faultsOf(scenario(load))).toEqual([expect.stringContaining(message)]);
  });

  it('are no load of exact numbers, and no flag is added to them', () => {
    const stages = 'stages: [{ duration: 5s, rate: 5/s }]';
    expect(faultsOf(`${scenario(`{ ${stages} }`)}\nrequests: [{ path: /, exactly: 5 }]`)).toEqual([
      expect.stringContaining('load.stages: expected nothing or the 5 that exactly makes'),
    ]);
    expect(faultsOf(scenario(`{ ${stages} }`), {}, { requests: 5 })).toEqual([
      expect.stringMatching(/^-n: expected no requests/),
    ]);
    expect(planOf(scenario(`{ ${stages} }`), {}, { concurrency: 5 }).load.concurrency).toBe(5);
  });
});
