import { describe, expect, it } from 'vitest';
import type { LatencySummary } from '../../../src/model/latency.js';
import type { BackendReport, RunReport } from '../../../src/model/report.js';
import { spreadOfRun } from '../../../src/report/ab/spread-of-run.js';

const none: LatencySummary = {
  count: 0,
  min: undefined,
  mean: undefined,
  stddev: undefined,
  max: undefined,
  p50: undefined,
  p66: undefined,
  p75: undefined,
  p80: undefined,
  p90: undefined,
  p95: undefined,
  p98: undefined,
  p99: undefined,
  p999: undefined,
  histogram: undefined,
};

function backend(changed: Partial<BackendReport>): BackendReport {
  return {
    address: '127.0.0.1:8001',
    weight: undefined,
    expectedShare: undefined,
    count: 0,
    share: undefined,
    deviation: undefined,
    retries: 0,
    status: {},
    serviceMs: none,
    ttfbMs: none,
    meanInFlight: undefined,
    peakInFlight: undefined,
    ...changed,
  };
}

/** Only what the block is made from; the rest of a run does not matter to it. */
function run(backends: readonly BackendReport[]): RunReport {
  const parts: Pick<RunReport, 'backends' | 'unattributed' | 'distribution'> = {
    backends,
    unattributed: 4,
    distribution: {
      skew: 0.02,
      skewNoise: 0.1,
      inFlightSkew: undefined,
      maxOverMean: undefined,
      coefficientOfVariation: undefined,
      jainIndex: undefined,
      chiSquare: undefined,
      minimumRequests: undefined,
    },
  };
  return parts as RunReport;
}

describe('spreadOfRun', () => {
  it('takes counts, shares, retries and service times of each backend', () => {
    const seen = backend({
      count: 7,
      share: 1,
      expectedShare: 0.5,
      retries: 2,
      serviceMs: { ...none, p50: 1, p99: 9 },
    });
    expect(spreadOfRun(run([seen]), 'X-Upstream')).toEqual({
      source: 'X-Upstream',
      backends: [
        { address: '127.0.0.1:8001', count: 7, share: 1, expectedShare: 0.5, retries: 2, p50Ms: 1, p99Ms: 9 },
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
});
