import type { LatencySummary } from '../../model/latency.js';
import type { Report } from '../../model/report.js';
import type { Unit } from '../../model/rule.js';
import { type Labels, type Measurement, measurementsOf, quantiles } from './measurements.js';

/**
 * The report in Prometheus' text format (0.0.4), which a Pushgateway and node_exporter's textfile collector take: gauges, and
 * times as summaries. Base units: seconds and ratios from 0 to 1. Without moments, which neither of the two allows; when the
 * report was made is a gauge.
 */
export function prometheus(report: Report): string {
  const startedAtMs = Date.parse(report.startedAt);
  const lines = measurementsOf(report).flatMap(linesOf);
  if (Number.isFinite(startedAtMs))
    lines.push(
      '# HELP lbbench_started_timestamp_seconds When the report was begun, since 1970.',
      '# TYPE lbbench_started_timestamp_seconds gauge',
      `lbbench_started_timestamp_seconds ${startedAtMs / 1000}`,
    );
  return lines.map((line) => `${line}\n`).join('');
}

const suffixes: Partial<Record<Unit, string>> = { ms: '_seconds', ratio: '_ratio' };

function linesOf({ name, help, unit, points }: Measurement): string[] {
  const suffix = (unit && suffixes[unit]) ?? '';
  const metric = `lbbench_${name.replaceAll(/[^a-z0-9]/gi, '_')}${suffix}`;
  const factor = unit === 'ms' ? 0.001 : 1;
  const isTimes = points.some(({ value }) => typeof value === 'object');
  return [
    `# HELP ${metric} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`,
    `# TYPE ${metric} ${isTimes ? 'summary' : 'gauge'}`,
    ...points.flatMap(({ labels, value }) =>
      typeof value === 'number'
        ? [sample(metric, labels, value * factor)]
        : summary(metric, labels, value, factor),
    ),
  ];
}

function summary(metric: string, labels: Labels, times: LatencySummary, factor: number): string[] {
  const { count, mean } = times;
  return [
    ...quantiles.flatMap(([key, quantile]) => {
      const value = times[key];
      return value === undefined ? [] : [sample(metric, { ...labels, quantile }, value * factor)];
    }),
    ...(mean === undefined ? [] : [sample(`${metric}_sum`, labels, mean * count * factor)]),
    sample(`${metric}_count`, labels, count),
  ];
}

function sample(metric: string, labels: Labels, value: number): string {
  const written = Object.entries(labels).map(([name, text]) => `${name}="${escaped(text)}"`);
  // 0.001 makes 0.020600000000000004 of 20.6.
  return `${metric}{${written.join(',')}} ${Number(value.toPrecision(12))}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
