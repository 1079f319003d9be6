import { describe, expect, it } from 'vitest';
import type { BackendReport, RunReport } from '../../../src/model/report.js';
import { spreadOfRun, spreadText } from '../../../src/report/ab/spread.js';
import { emptyRun, backend as healthy, noLatency } from '../fixture.js';

function backend(changed: Partial<BackendReport>): BackendReport {
  const bare = { weight: undefined, expectedShare: undefined, share: undefined, deviation: undefined };
  return healthy({ address: '127.0.0.1:8001', count: 0, ...bare, ...changed });
}

function run(backends: readonly BackendReport[]): RunReport {
  const distribution = { ...emptyRun().distribution, skew: 0.02, skewNoise: 0.1 };
  return emptyRun({ backends, unattributed: 4, distribution });
}

describe('spreadOfRun', () => {
  it('takes counts, shares, retries and service times of each backend', () => {
    const seen = backend({
      count: 7,
      share: 1,
      expectedShare: 0.5,
      retries: 2,
      serviceMs: { ...noLatency, p50: 1, p99: 9 },
    });
    expect(spreadOfRun(run([seen]), 'X-Upstream')).toEqual({
      source: 'X-Upstream',
      backends: [
        {
          address: '127.0.0.1:8001',
          count: 7,
          share: 1,
          expectedShare: 0.5,
          retries: 2,
          errors: 0,
          p50Ms: 1,
          p99Ms: 9,
        },
      ],
      unattributed: 4,
      skew: 0.02,
      skewNoise: 0.1,
    });
  });

  it('is absent when no response named a backend, so that the output is that of ab alone', () => {
    expect(spreadOfRun(run([]), 'X-Upstream')).toBeUndefined();
    expect(spreadOfRun(run([backend({})]), 'X-Upstream')).toBeUndefined();
  });

  it('counts what a backend answered with an error or broke off, and shows it only where there is any', () => {
    const failures = { resets: 1, timeouts: 0, malformed: 0, closed: 2, cancelled: 4 };
    const failing = backend({ address: 'b:2', count: 7, status: { '200': 5, '502': 2 }, failures });
    const spread = spreadOfRun(run([backend({ count: 7 }), failing]), 'X-Upstream');
    if (spread === undefined) throw new Error('expected a spread');
    expect(spread.backends.map(({ errors }) => errors)).toEqual([0, 5]);
    expect(spreadText(spread)).toMatch(/retries {2}errors/);
    expect(spreadText({ ...spread, backends: spread.backends.slice(0, 1) })).not.toContain('errors');
  });
});
