import { beforeAll, describe, expect, it } from 'vitest';
import { families, figures } from '../../src/figures/catalogue.js';
import { otlp } from '../../src/report/metrics/otlp.js';
import { prometheus } from '../../src/report/metrics/prometheus.js';
import { LatencyHistogram, prepareHistograms } from '../../src/tally/latency-histogram.js';
import { comparison, emptyRun, hostileReport, report, run } from './fixture.js';

beforeAll(prepareHistograms);

/** The text format 0.0.4 read back, strictly: samples by name and labels as they are written. */
function read(text: string): Map<string, number> {
  expect(text).toMatch(/\n$/);
  const samples = new Map<string, number>();
  for (const line of text.split('\n').slice(0, -1)) {
    if (/^# (HELP [a-z_][a-z0-9_]* .+|TYPE [a-z_][a-z0-9_]* (gauge|summary))$/.test(line)) continue;
    const [, series, value] =
      /^([a-z_][a-z0-9_]*(?:\{(?:[a-z]+="(?:[^"\\]|\\["\\n])*",?)*\})?) (-?[\d.]+(?:e-?\d+)?)$/.exec(line) ??
      [];
    if (series === undefined) throw new Error(`no sample: ${line}`);
    expect(samples.has(series), series).toBe(false);
    samples.set(series, Number(value));
  }
  return samples;
}

const labels = 'scenario="chat-and-completions",run="round_robin"';

describe('prometheus', () => {
  it('has figures in base units, of the run, its backends and kinds of requests', () => {
    const samples = read(prometheus(report()));
    expect(samples.get(`lbbench_rps{${labels}}`)).toBe(452.4);
    expect(samples.get(`lbbench_skew_ratio{${labels}}`)).toBe(0.015);
    expect(samples.get(`lbbench_run_duration_seconds{${labels}}`)).toBe(2.2104);
    expect(samples.get(`lbbench_backend_share_ratio{${labels},backend="127.0.0.1:8001"}`)).toBe(0.606);
    expect(samples.get(`lbbench_backend_expected_share_ratio{${labels},backend="127.0.0.1:8001"}`)).toBe(0.6);
    expect(samples.get(`lbbench_request_responses{${labels},request="chat"}`)).toBe(512);
    expect(samples.get(`lbbench_responses_status{${labels},code="200"}`)).toBe(1000);
    expect(samples.get(`lbbench_requests_ended{${labels},outcome="response"}`)).toBe(1000);
  });

  it('has times as summaries in seconds', () => {
    const samples = read(prometheus(report()));
    expect(samples.get(`lbbench_service_seconds{${labels},quantile="0.5"}`)).toBe(0.0206);
    expect(samples.get(`lbbench_service_seconds_count{${labels}}`)).toBe(1000);
    // 1000 of 20.6 * 1.08 ms.
    expect(samples.get(`lbbench_service_seconds_sum{${labels}}`)).toBeCloseTo(22.248, 9);
  });

  it('tells how each threshold went, and which balancer and method it was', () => {
    const [threshold] = report().thresholds;
    const samples = read(prometheus(report()));
    expect(samples.get(`lbbench_threshold{${labels},rule="${threshold?.rule}",verdict="pass"}`)).toBe(1);
    expect([...samples.keys()]).toContainEqual(
      expect.stringMatching(/^lbbench_run_info\{.*balancer="nginx 1\.22\.1".*algorithm="round_robin"/),
    );
  });

  it('has no sample of what was not measured, and none of an empty report', () => {
    const samples = read(prometheus(report({ runs: [emptyRun()] })));
    expect([...samples.keys()].filter((key) => /_(rps|skew_ratio|service_seconds)\{/.test(key))).toEqual([]);
    expect(read(prometheus(report({ runs: [], thresholds: [] }))).size).toBe(1);
    expect(prometheus(report({ runs: [run({ rps: Number.NaN })] }))).not.toMatch(/NaN|Inf|undefined/);
  });

  it('has no series twice, also of names that differ only behind what is shown, and whatever they hold', () => {
    const long = 'x'.repeat(300);
    expect(
      read(prometheus(report({ runs: [run({ name: `${long}a` }), run({ name: `${long}b` })] }))).size,
    ).toBe(2 * read(prometheus(report({ runs: [run()], thresholds: [] }))).size - 1);
    expect(read(prometheus(hostileReport())).size).toBeGreaterThan(50);
    expect(read(prometheus(comparison())).size).toBeGreaterThan(100);
  });

  it('has every figure of the catalogue that the report knows', () => {
    const text = prometheus(comparison());
    for (const { name, ofStreams } of [...figures, ...families]) {
      if (ofStreams) continue;
      if (['moved-keys', 'mispredicted', 'first-byte-body', 'lag'].includes(name)) continue;
      const metric = name.replaceAll('-', '_');
      expect(text).toMatch(new RegExp(`^# TYPE lbbench_(backend_)?${metric}(_seconds|_ratio)? `, 'm'));
    }
  });
});

interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly gauge?: { readonly dataPoints: readonly DataPoint[] };
  readonly histogram?: { readonly aggregationTemporality: number; readonly dataPoints: readonly DataPoint[] };
}

interface DataPoint {
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue: string } }[];
  readonly asDouble?: number;
  readonly count?: string;
  readonly sum?: number;
  readonly bucketCounts?: readonly string[];
  readonly explicitBounds?: readonly number[];
}

function metricsOf(text: string): Map<string, Metric> {
  const [resource] = JSON.parse(text).resourceMetrics;
  const metrics: readonly Metric[] = resource.scopeMetrics[0].metrics;
  expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length);
  return new Map(metrics.map((metric) => [metric.name, metric]));
}

describe('otlp', () => {
  it('has figures as gauges with their unit, at the end of their run', () => {
    const metrics = metricsOf(otlp(comparison()));
    const skew = metrics.get('lbbench.skew');
    expect(skew?.unit).toBe('1');
    expect(skew?.gauge?.dataPoints.map(({ asDouble }) => asDouble)).toEqual([0.015, 0.35, 0.015]);
    const [first, second] = skew?.gauge?.dataPoints ?? [];
    const startedAt = BigInt(Date.parse(comparison().startedAt)) * 1_000_000n;
    expect(first?.startTimeUnixNano).toBe(String(startedAt));
    // 2210.4 ms, in whole milliseconds; the second run begins where the first ends.
    expect(first?.timeUnixNano).toBe(String(startedAt + 2_210_000_000n));
    expect(second?.startTimeUnixNano).toBe(first?.timeUnixNano);
    expect(first?.attributes).toContainEqual({ key: 'run', value: { stringValue: 'round_robin' } });
  });

  it('has times as histograms of which the buckets hold every value, and percentiles beside them', () => {
    const histogram = new LatencyHistogram();
    for (const us of [90, 1500, 1500, 30_000, 400_000_000]) histogram.record(us);
    const times = histogram.summary();
    const metrics = metricsOf(otlp(report({ runs: [run({ serviceMs: times })] })));
    const [point] = metrics.get('lbbench.service')?.histogram?.dataPoints ?? [];
    const { bucketCounts = [], explicitBounds = [] } = point ?? {};
    expect(point).toMatchObject({ count: '5', min: 0.09 });
    expect(bucketCounts).toHaveLength(explicitBounds.length + 1);
    const held = Object.fromEntries(
      bucketCounts.map((count, index) => [explicitBounds[index] ?? 'above', count]),
    );
    // Up to and with each bound.
    expect(held).toMatchObject({ 0.1: '1', 2: '2', 50: '1', above: '1', 1: '0' });
    expect(metrics.get('lbbench.service.p50')?.gauge?.dataPoints[0]?.asDouble).toBe(times.p50);
    histogram.release();
  });

  it('has percentiles alone where the report does not hold how the times lie', () => {
    const serviceMs = { ...run().serviceMs, histogram: undefined };
    const metrics = metricsOf(otlp(report({ runs: [run({ serviceMs, requests: [], backends: [] })] })));
    expect(metrics.has('lbbench.service')).toBe(false);
    expect(metrics.get('lbbench.service.p99')?.unit).toBe('ms');
  });

  it('writes neither null nor what JSON cannot hold', () => {
    for (const one of [comparison(), hostileReport(), report({ runs: [emptyRun()], startedAt: 'yesterday' })])
      expect(otlp(one)).not.toMatch(/null|NaN|Infinity/);
  });
});
