import type { LatencySummary } from '../../model/latency.js';
import type { Report, RunReport } from '../../model/report.js';
import type { Unit } from '../../model/rule.js';
import { histogramSlots } from '../../stats/encoded-histogram.js';
import { sanitize } from '../../text/sanitize.js';
import { jsonText } from '../json.js';
import { type Labels, type Measurement, measurementsOf, type Point, quantiles } from './measurements.js';

/**
 * The report as one OTLP request in JSON (opentelemetry-proto 1.x, `ExportMetricsServiceRequest`), as a collector takes it at
 * `/v1/metrics`: gauges, and times as histograms with the percentiles beside them, which the buckets alone tell only roughly.
 */
export function otlp(report: Report): string {
  const { version } = report.tool;
  const moments = momentsOf(report);
  const metrics = measurementsOf(report).flatMap((one) => metricsOf(one, moments));
  return jsonText({
    resourceMetrics: [
      {
        resource: {
          attributes: attributesOf({ 'service.name': 'lbbench', 'service.version': sanitize(version, 50) }),
        },
        scopeMetrics: [{ scope: { name: 'lbbench', version: sanitize(version, 50) }, metrics }],
      },
    ],
  });
}

/** In nanoseconds since 1970, which JSON's numbers cannot hold. */
interface Moments {
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
}

/** Runs follow one another from the report's start; a log's are of its window. */
function momentsOf({ startedAt, log, runs }: Report): (run: RunReport) => Moments {
  const startMs = Date.parse(log?.from ?? startedAt) || 0;
  const nano = (ms: number) => `${BigInt(Math.max(0, Math.round(ms))) * 1_000_000n}`;
  const durations = runs.map(({ load }) => load.durationMs);
  return (run) => {
    const index = runs.indexOf(run);
    const fromMs = log === undefined ? startMs + sumOf(durations.slice(0, index)) : startMs;
    return { startTimeUnixNano: nano(fromMs), timeUnixNano: nano(fromMs + (durations[index] ?? 0)) };
  };
}

/** In UCUM; ratios and counts have none. */
const unitCodes: Record<Unit, string> = { ms: 'ms', ratio: '1', index: '1', 'per-second': '1/s' };

function metricsOf(
  { name, help, unit, points }: Measurement,
  momentsOf: (run: RunReport) => Moments,
): object[] {
  const metric = (suffix: string, data: object) => ({
    name: `lbbench.${name}${suffix}`,
    description: help,
    unit: unit === undefined ? '1' : unitCodes[unit],
    ...data,
  });
  const at = ({ labels, run }: Point) => ({ attributes: attributesOf(labels), ...momentsOf(run) });
  const gauge = (suffix: string, of: (value: Point['value']) => number | undefined) => {
    const dataPoints = points.flatMap((point) => {
      const value = of(point.value);
      return value === undefined ? [] : [{ ...at(point), asDouble: value }];
    });
    return dataPoints.length === 0 ? [] : [metric(suffix, { gauge: { dataPoints } })];
  };
  const histograms = points.flatMap((point) => {
    const data = typeof point.value === 'object' ? histogramOf(point.value) : undefined;
    return data === undefined ? [] : [{ ...at(point), ...data }];
  });
  if (histograms.length === 0 && points.every(({ value }) => typeof value === 'number'))
    return gauge('', (value) => (typeof value === 'number' ? value : undefined));
  return [
    // Cumulative since the start of the run: not every store takes deltas.
    ...(histograms.length === 0
      ? []
      : [metric('', { histogram: { aggregationTemporality: 2, dataPoints: histograms } })]),
    ...quantiles.flatMap(([key]) =>
      gauge(`.${key}`, (value) => (typeof value === 'object' ? value[key] : undefined)),
    ),
  ];
}

/** 0.1 ms to 5 min, three a decade. */
const boundsMs = [
  0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 60_000, 120_000,
  300_000,
];

/** `undefined` where the report does not hold how the times lie. */
function histogramOf({ count, mean, min, max, histogram }: LatencySummary): object | undefined {
  const slots = histogram === undefined ? undefined : histogramSlots(histogram);
  if (slots === undefined || mean === undefined) return undefined;
  const counts = new Array<number>(boundsMs.length + 1).fill(0);
  for (const { low, high, count } of slots) {
    const middleMs = (low + high - 1) / 2 / 1000;
    const bucket = boundsMs.findIndex((bound) => middleMs <= bound);
    const index = bucket < 0 ? boundsMs.length : bucket;
    counts[index] = (counts[index] ?? 0) + count;
  }
  const held = sumOf(counts);
  // A text that holds another number of values is not of these times.
  if (held !== count) return undefined;
  return {
    count: String(count),
    sum: mean * count,
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    bucketCounts: counts.map(String),
    explicitBounds: boundsMs,
  };
}

function attributesOf(labels: Labels): object[] {
  return Object.entries(labels).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
