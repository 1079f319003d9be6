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
      runOf('round_robin', { slowMs: 48 }),
      runOf('least_conn', { slowMs: 12, skew: 0.03 }),
      runOf('random', { slowMs: 60 }),
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
    // 12 to 14 ms is less than a quarter, which a single round cannot tell from drift.
    expect(
      adviceOn([runOf('round_robin', { slowMs: 14 }), runOf('least_conn', { slowMs: 12 })]),
    ).toBeUndefined();
    // 500 responses do not bound a p99 from above: 0.99^500 is 0.7 %, more than the 0.5 % of one side.
    const few = { count: 500 };
    expect(
      adviceOn([runOf('round_robin', { slowMs: 48, ...few }), runOf('least_conn', { slowMs: 12, ...few })]),
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
      runOf('ip_hash', { slowMs: 48 }),
      runOf('least_conn', { slowMs: 12 }),
      runOf('random two least_conn', { slowMs: 12.5 }),
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
      runOf('round_robin', { slowMs: 5, errors: 300 }),
      runOf('least_conn', { slowMs: 12, errors: 10 }),
      runOf('ip_hash', { slowMs: 13, errors: 9 }),
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
    const [slow, fast] = [runOf('round_robin', { slowMs: 48 }), runOf('least_conn', { slowMs: 12 })];
    expect(adviceOn([])).toBeUndefined();
    expect(adviceOn([slow, slow])).toBeUndefined();
    expect(adviceOn([slow, { ...fast, interrupted: true }])).toBeUndefined();
    const none = { ...fast.responseMs, count: 0, p99: undefined, histogram: undefined };
    expect(adviceOn([slow, { ...fast, responseMs: none }])).toBeUndefined();
    expect(adviceOn([slow, { ...fast, algorithm: undefined }])).toBeUndefined();
  });
});
