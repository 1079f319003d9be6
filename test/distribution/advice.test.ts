import { beforeAll, describe, expect, it } from 'vitest';
import { adviceOn } from '../../src/distribution/advice.js';
import type { RunReport } from '../../src/model/report.js';
import { LatencyHistogram, prepareHistograms } from '../../src/tally/latency-histogram.js';
import { run } from '../verdict/run-fixture.js';

beforeAll(prepareHistograms);

interface Course {
  /** Of the last 2 % of the responses; the others take 1 ms. */
  readonly slowMs: number;
  readonly count?: number;
  readonly errors?: number;
  readonly skew?: number;
}

/** A run whose p99 is `slowMs`. */
function runOf(algorithm: string, { slowMs, count = 10_000, errors = 0, skew = 0 }: Course): RunReport {
  const histogram = new LatencyHistogram();
  for (let n = 0; n < count; n += 1) histogram.record(n < count * 0.98 ? 1_000 : Math.round(slowMs * 1_000));
  const responseMs = histogram.summary();
  histogram.release();
  const base = run();
  return run({
    name: algorithm,
    algorithm,
    responseMs,
    outcomes: {
      ...base.outcomes,
      started: count,
      responses: count,
      timeouts: 0,
      resets: 0,
      connectErrors: 0,
    },
    status: { '200': count - errors, ...(errors > 0 && { '502': errors }) },
    distribution: { ...base.distribution, skew, skewNoise: 0.02 },
  });
}

const rounds = (algorithm: string, slowMs: readonly number[], more: Partial<Course> = {}) =>
  slowMs.map((ms) => runOf(algorithm, { ...more, slowMs: ms }));

describe('advice', () => {
  it('names the faster algorithm, the one it beats, the figures, and what it costs', () => {
    const runs = [
      ...rounds('round_robin', [47, 48, 49]),
      ...rounds('least_conn', [11.9, 12, 12.1], { skew: 0.03 }),
      ...rounds('random', [59, 60, 61]),
    ];
    const advice = adviceOn(runs);
    expect(advice).toMatchObject({
      algorithm: 'least_conn',
      over: 'round_robin',
      asGood: [],
      errorRatio: 0,
      skewPrice: 0.03,
    });
    expect(advice?.evidence.metric).toBe('p99');
    // Histograms keep three digits.
    expect(advice?.evidence.value).toBeCloseTo(12, 1);
    expect(advice?.evidence.other).toBeCloseTo(48, 1);
  });

  it('says nothing without evidence beyond noise', () => {
    // However far apart: nobody knows how far the rounds of one method differ.
    expect(
      adviceOn([runOf('round_robin', { slowMs: 480 }), runOf('least_conn', { slowMs: 12 })]),
    ).toBeUndefined();
    expect(
      adviceOn([...rounds('round_robin', [480, 481]), ...rounds('least_conn', [12, 12.1, 12.2])]),
    ).toBeUndefined();
    // More errors in all, but not in every round.
    const errors = (algorithm: string, counts: readonly number[]) =>
      counts.map((count) => runOf(algorithm, { slowMs: 12, errors: count }));
    expect(
      adviceOn([...errors('round_robin', [0, 0, 600]), ...errors('least_conn', [0, 1, 0])]),
    ).toBeUndefined();
    // Rounds that vary as much as they differ: Welch's p of ln 10, 20, 40 against ln 15, 30, 60 is 0.5.
    expect(
      adviceOn([...rounds('round_robin', [15, 30, 60]), ...rounds('least_conn', [10, 20, 40])]),
    ).toBeUndefined();
  });

  it('trusts a small difference that every round repeats', () => {
    const advice = adviceOn([
      ...rounds('round_robin', [14, 14.1, 14.2, 14.1]),
      ...rounds('least_conn', [12, 12.1, 12.2, 12.1]),
    ]);
    expect(advice).toMatchObject({ algorithm: 'least_conn', over: 'round_robin' });
    expect(advice?.evidence.value).toBeCloseTo(12.1, 1);
  });

  it('names what is as good', () => {
    const runs = [
      ...rounds('ip_hash', [47, 48, 49]),
      ...rounds('least_conn', [11.5, 12, 13]),
      ...rounds('random two least_conn', [12, 12.5, 13]),
    ];
    // Without round robin the slowest is the one to beat.
    expect(adviceOn(runs)).toMatchObject({
      algorithm: 'least_conn',
      over: 'ip_hash',
      asGood: ['random two least_conn'],
      skewPrice: undefined,
    });
  });

  it('puts errors before speed', () => {
    const runs = [
      ...rounds('round_robin', [5, 5.1, 5.2], { errors: 300 }),
      ...rounds('least_conn', [11.5, 12, 13], { errors: 10 }),
      ...rounds('ip_hash', [12, 12.6, 13.2], { errors: 9 }),
    ];
    expect(adviceOn(runs)).toEqual({
      algorithm: 'least_conn',
      over: 'round_robin',
      asGood: ['ip_hash'],
      evidence: { metric: 'errors', value: 0.001, other: 0.03 },
      errorRatio: undefined,
      skewPrice: undefined,
    });
  });

  it('says nothing of one algorithm, of an interrupted run, or of one without responses', () => {
    const slow = rounds('round_robin', [47, 48, 49]);
    const [fast, ...others] = rounds('least_conn', [11.9, 12, 12.1]) as [RunReport, ...RunReport[]];
    const withFast = (changes: Partial<RunReport>) => adviceOn([...slow, ...others, { ...fast, ...changes }]);
    expect(withFast({})).toBeDefined();
    expect(adviceOn([])).toBeUndefined();
    expect(adviceOn([...slow, ...slow])).toBeUndefined();
    expect(withFast({ interrupted: true })).toBeUndefined();
    const none = { ...fast.responseMs, count: 0, p99: undefined, histogram: undefined };
    expect(withFast({ responseMs: none })).toBeUndefined();
    expect(withFast({ algorithm: undefined })).toBeUndefined();
  });
});
