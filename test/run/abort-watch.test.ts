import { describe, expect, it } from 'vitest';
import type { LoadProgress } from '../../src/engine/load-job.js';
import { AbortWatch } from '../../src/run/abort-watch.js';
import { parseRule } from '../../src/verdict/rule.js';
import { seededRandom } from '../stats/seeded-random.js';

function watch(...texts: string[]): AbortWatch {
  const rules = texts.map((text) => {
    const parsed = parseRule(text);
    if (!parsed.ok) throw new Error(parsed.message);
    return parsed.value;
  });
  return new AbortWatch(rules, [
    { address: 'a', weight: 1 },
    { address: 'b', weight: 1 },
  ]);
}

function look(ended: number, state: Partial<LoadProgress> = {}): LoadProgress {
  return { elapsedMs: ended, ended, failed: 0, errors: 0, p99Ms: 10, backends: [], ...state };
}

const split = (a: number, b: number) => ({
  backends: [
    { address: 'a', count: a },
    { address: 'b', count: b },
  ],
});

describe('AbortWatch', () => {
  it('ends a run whose errors cannot be chance, at the second look', () => {
    const errors = watch('errors < 10%');
    expect(errors.look(look(200, { errors: 60 }))).toBeUndefined();
    expect(errors.look(look(400, { errors: 120 }))).toBe(
      'errors < 10% cannot hold any more: errors are 30 % after 400 requests',
    );
  });

  it('does not count the same look twice', () => {
    const errors = watch('errors < 10%');
    for (let times = 0; times < 5; times++) {
      expect(errors.look(look(200, { errors: 200 }))).toBeUndefined();
    }
  });

  it('needs 100 requests, whatever they say', () => {
    const both = watch('errors < 1%', 'skew < 5%');
    for (let ended = 10; ended < 100; ended += 10) {
      expect(both.look(look(ended, { errors: ended, ...split(ended, 0) }))).toBeUndefined();
    }
  });

  it('goes on while errors above the limit may be chance', () => {
    // 13 of 100 where 10 are allowed.
    const errors = watch('errors < 10%');
    expect(errors.look(look(100, { errors: 13 }))).toBeUndefined();
    expect(errors.look(look(101, { errors: 13 }))).toBeUndefined();
  });

  it('ends a run of one backend only, and says how skewed it is', () => {
    const skew = watch('skew < 5%');
    expect(skew.look(look(500, split(500, 0)))).toBeUndefined();
    expect(skew.look(look(1000, split(1000, 0)))).toBe(
      'skew < 5% cannot hold any more: the skew is 100 % after 1,000 requests',
    );
  });

  it('asks p99 to stay a fifth above its limit for four looks, from 1,000 requests on', () => {
    const p99 = watch('p99 < 100ms');
    const looks = [900, 1000, 1100, 1200, 1300, 1400, 1500, 1600, 1700];
    const times = [500, 500, 500, 119, 121, 121, 121, 121, 121];
    const answers = looks.map((ended, index) => p99.look(look(ended, { p99Ms: times[index] })) !== undefined);
    expect(answers.indexOf(true)).toBe(7);
  });

  it('does not end one of 200 runs of a fair random balancer in 40 looks each', () => {
    const random = seededRandom(1);
    for (let run = 0; run < 200; run++) {
      const skew = watch('skew < 1%');
      let a = 0;
      for (let ended = 50; ended <= 2000; ended += 50) {
        for (let index = 0; index < 50; index++) if (random() < 0.5) a++;
        expect(skew.look(look(ended, split(a, ended - a)))).toBeUndefined();
      }
    }
  });
});
