import type { LatencySummary } from '../../src/model/latency.js';
import type { BackendReport, Report, RunReport, ThresholdResult } from '../../src/model/report.js';

/** What a hostile server, log or scenario may put into any name: escape sequences, a line break, bidi, markup, formulas. */
export const hostile = {
  terminal: '\u001b[2J\u001b]0;owned\u0007red\u009b31m',
  lines: 'two\r\nlines\u2028three',
  bidi: '\u202egnp.exe',
  markup: '<script>alert(1)</script>&"\']]>',
  markdown: '| a | ![x](http://evil) `code` *b* [l](javascript:1) <img>',
  formula: "=cmd|' /C calc'!A0",
} as const;

/** A plausible distribution around a median, in milliseconds. */
export function latency(count: number, p50: number): LatencySummary {
  if (count === 0) return noLatency;
  return {
    count,
    min: p50 * 0.4,
    mean: p50 * 1.08,
    stddev: count > 1 ? p50 * 0.35 : undefined,
    max: p50 * 6.5,
    p50,
    p66: p50 * 1.1,
    p75: p50 * 1.2,
    p80: p50 * 1.3,
    p90: p50 * 1.6,
    p95: p50 * 2,
    p98: p50 * 2.6,
    p99: p50 * 3.1,
    p999: p50 * 5.2,
    histogram: 'HISTFAAAAB542pNpmSzMwMDAxAABzFCaEUoz2X+AsAA/awK3',
  };
}

export const noLatency: LatencySummary = {
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

export function backend(
  overrides: Partial<BackendReport> & Pick<BackendReport, 'address' | 'count'>,
): BackendReport {
  return {
    weight: 1,
    expectedShare: 0.5,
    share: 0.5,
    deviation: 0,
    retries: 0,
    status: { '200': overrides.count },
    serviceMs: latency(overrides.count, 20.6),
    ttfbMs: latency(overrides.count, 19.8),
    meanInFlight: 5,
    peakInFlight: 9,
    ...overrides,
  };
}

/** 1000 requests, weights 3 and 2, served 606 to 394: 1.5 % skew. */
export function run(overrides: Partial<RunReport> = {}): RunReport {
  return {
    name: 'round_robin',
    algorithm: 'round_robin',
    balancer: 'nginx 1.22.1',
    engine: 'native',
    interrupted: false,
    load: { model: 'closed', requests: 1000, concurrency: 10, ratePerSec: undefined, durationMs: 2210.4 },
    outcomes: {
      started: 1000,
      responses: 1000,
      connectErrors: 0,
      resets: 0,
      timeouts: 0,
      malformed: 0,
      closed: 0,
      cancelled: 0,
      droppedStarts: 0,
    },
    status: { '200': 1000 },
    bytes: { received: 342_000, body: 182_000, sent: 121_000 },
    rps: 452.4,
    responseMs: latency(1000, 20.6),
    serviceMs: latency(1000, 20.6),
    connectMs: latency(10, 0.21),
    ttfbMs: latency(1000, 19.8),
    requests: [
      { name: 'chat', count: 512, serviceMs: latency(512, 24.4) },
      { name: 'completions', count: 488, serviceMs: latency(488, 16.9) },
    ],
    backends: [
      backend({
        address: '127.0.0.1:8001',
        weight: 3,
        expectedShare: 0.6,
        count: 606,
        share: 0.606,
        deviation: 0.01,
        meanInFlight: 6.2,
      }),
      backend({
        address: '127.0.0.1:8002',
        weight: 2,
        expectedShare: 0.4,
        count: 394,
        share: 0.394,
        deviation: -0.015,
        meanInFlight: 3.6,
      }),
    ],
    unattributed: 0,
    distribution: {
      skew: 0.015,
      skewNoise: 0.1,
      maxOverMean: 1.0125,
      coefficientOfVariation: 0.0125,
      jainIndex: 0.99984,
      chiSquare: { statistic: 0.15, degreesOfFreedom: 1, pValue: 0.6985 },
      minimumRequests: 4030,
      inFlightSkew: 0.0816,
    },
    timeline: [
      {
        atMs: 0,
        sliceMs: 1000,
        backends: {
          '127.0.0.1:8001': { count: 280, inFlight: 6 },
          '127.0.0.1:8002': { count: 181, inFlight: 4 },
        },
      },
    ],
    warnings: [],
    ...overrides,
  };
}

/** The same load under least_conn: a slow second backend gets less, some requests fail, one backend needed retries. */
export function troubledRun(overrides: Partial<RunReport> = {}): RunReport {
  return run({
    name: 'least_conn',
    algorithm: 'least_conn',
    load: { model: 'open', requests: 1000, concurrency: 200, ratePerSec: 500, durationMs: 2410.9 },
    outcomes: {
      started: 1000,
      responses: 981,
      connectErrors: 4,
      resets: 1,
      timeouts: 12,
      malformed: 1,
      closed: 1,
      cancelled: 0,
      droppedStarts: 37,
    },
    status: { '200': 961, '502': 20 },
    rps: 406.9,
    responseMs: latency(981, 61.7),
    serviceMs: latency(981, 22.2),
    backends: [
      backend({
        address: '127.0.0.1:8001',
        weight: 3,
        expectedShare: 0.6,
        count: 721,
        share: 0.74,
        deviation: 0.2333,
        meanInFlight: 5.9,
        serviceMs: latency(721, 19.1),
      }),
      backend({
        address: '127.0.0.1:8002',
        weight: 2,
        expectedShare: 0.4,
        count: 253,
        share: 0.26,
        deviation: -0.35,
        retries: 31,
        status: { '200': 233, '502': 20 },
        meanInFlight: 4.4,
        serviceMs: latency(253, 48.3),
      }),
    ],
    unattributed: 7,
    distribution: {
      skew: 0.35,
      skewNoise: 0.101,
      maxOverMean: 1.31,
      coefficientOfVariation: 0.31,
      jainIndex: 0.9123,
      chiSquare: { statistic: 79.9, degreesOfFreedom: 1, pValue: 0 },
      minimumRequests: 4030,
      inFlightSkew: 0.068,
    },
    warnings: [
      {
        code: 'dropped-starts',
        text: '37 starts that were due were never made, because 200 requests were in flight already; raise load.concurrency or lower load.rate',
      },
      { code: 'unattributed', text: '7 responses named no backend' },
    ],
    ...overrides,
  });
}

/** Nothing worked: no response, no backend, no figure. */
export function emptyRun(overrides: Partial<RunReport> = {}): RunReport {
  return run({
    name: 'ip_hash',
    algorithm: 'ip_hash',
    interrupted: true,
    outcomes: { ...run().outcomes, started: 10, responses: 0, connectErrors: 10 },
    status: {},
    bytes: { received: 0, body: 0, sent: 0 },
    rps: undefined,
    responseMs: noLatency,
    serviceMs: noLatency,
    connectMs: noLatency,
    ttfbMs: noLatency,
    requests: [],
    backends: [],
    distribution: {
      skew: undefined,
      skewNoise: undefined,
      maxOverMean: undefined,
      coefficientOfVariation: undefined,
      jainIndex: undefined,
      chiSquare: undefined,
      minimumRequests: undefined,
      inFlightSkew: undefined,
    },
    timeline: [],
    warnings: [{ code: 'interrupted', text: 'the run was interrupted after 0.10 s' }],
    ...overrides,
  });
}

/** A run whose every name is an attack, over backends without known weights. */
export function hostileRun(): RunReport {
  return run({
    name: hostile.terminal + hostile.bidi,
    algorithm: hostile.lines,
    balancer: hostile.markup,
    engine: hostile.formula,
    status: { [hostile.terminal]: 1000 },
    requests: [
      { name: hostile.formula, count: 900, serviceMs: latency(900, 20) },
      { name: `${hostile.markdown}${'长'.repeat(150)}`, count: 100, serviceMs: latency(100, 20) },
    ],
    backends: [
      backend({
        address: `${hostile.terminal}${'x'.repeat(5000)}`,
        count: 900,
        weight: undefined,
        share: 0.9,
        deviation: 0.8,
      }),
      backend({ address: hostile.markup, count: 100, weight: undefined, share: 0.1, deviation: -0.8 }),
    ],
    warnings: [{ code: 'unknown-backend', text: `${hostile.bidi}${hostile.lines}${hostile.markdown}` }],
  });
}

export function threshold(overrides: Partial<ThresholdResult> = {}): ThresholdResult {
  return {
    rule: 'skew < 5%',
    run: 'round_robin',
    value: 0.015,
    verdict: 'pass',
    note: undefined,
    ...overrides,
  };
}

export function report(overrides: Partial<Report> = {}): Report {
  return {
    schema: 'lbbench.report/1',
    tool: { version: '0.1.0', node: 'v20.19.0', platform: 'linux x64' },
    startedAt: '2026-11-22T10:42:46.000Z',
    seed: 1,
    scenario: { name: 'chat-and-completions' },
    runs: [run()],
    thresholds: [threshold(), threshold({ rule: 'p99 < 250ms', value: 63.9 })],
    verdict: 'pass',
    ...overrides,
  };
}

/** Three algorithms, all four verdicts. */
export function comparison(): Report {
  return report({
    runs: [
      run(),
      troubledRun(),
      run({
        name: 'random',
        algorithm: 'random',
        rps: 450.1,
        serviceMs: latency(1000, 20.9),
        responseMs: latency(1000, 20.9),
      }),
    ],
    thresholds: [
      threshold(),
      threshold({
        run: 'least_conn',
        value: 0.35,
        verdict: 'fail',
        note: 'in 99 of 100 fair draws of 974 requests the skew is at most 10 %',
      }),
      threshold({
        run: 'random',
        value: 0.07,
        verdict: 'inconclusive',
        note: 'a fair draw of 1000 requests may show a skew of 10 %; 4030 requests decide it',
      }),
      threshold({
        rule: 'moved-keys <= 0',
        run: 'random',
        value: undefined,
        verdict: 'no-data',
        note: 'not measured',
      }),
      threshold({ rule: 'errors < 0.1%', run: 'least_conn', value: 0.039, verdict: 'fail' }),
      threshold({ rule: 'rps > 400', value: 452.4 }),
    ],
    verdict: 'fail',
  });
}

/** Two algorithms in three interleaved rounds. */
export function rounds(): Report {
  const round = (algorithm: string, number: number, rps: number, p50: number) =>
    run({
      name: `${algorithm} #${number}`,
      algorithm,
      rps,
      responseMs: latency(1000, p50),
      serviceMs: latency(1000, p50),
    });
  return report({
    runs: [
      round('round_robin', 1, 452, 20.6),
      round('least_conn', 1, 470, 19.9),
      round('least_conn', 2, 465, 20.1),
      round('round_robin', 2, 440, 21.2),
      round('round_robin', 3, 455, 20.4),
      round('least_conn', 3, 473, 19.7),
    ],
    thresholds: [],
  });
}

export function hostileReport(): Report {
  return report({
    scenario: { name: hostile.terminal + hostile.lines },
    runs: [hostileRun(), troubledRun({ name: hostile.markdown })],
    thresholds: [
      threshold({
        rule: `p99{request=${hostile.formula}} < 1s`,
        run: hostile.terminal,
        note: hostile.markup,
        verdict: 'fail',
      }),
      threshold({
        rule: hostile.bidi,
        run: hostile.markdown,
        note: hostile.lines,
        value: 0.5,
        verdict: 'no-data',
      }),
    ],
    verdict: 'fail',
  });
}
