import { backendErrorRatio, busyMs, errorRatio, retryCount } from '../figures/counts.js';
import type { LatencySummary } from '../model/latency.js';
import type { Report, RunReport } from '../model/report.js';
import { sanitize } from '../text/sanitize.js';

const timeKeys = ['min', 'mean', 'stddev', 'p50', 'p90', 'p95', 'p99', 'p999', 'max'] as const;

const columns = [
  'run',
  'algorithm',
  'scope',
  'name',
  'count',
  'rps',
  'error_ratio',
  'weight',
  'expected_share',
  'share',
  'deviation',
  'retries',
  'busy_ms',
  'mean_in_flight',
  'peak_in_flight',
  'skew',
  'skew_noise',
  'inflight_skew',
  'unattributed',
  ...timeKeys.map((key) => `response_${key}_ms`),
  ...timeKeys.map((key) => `service_${key}_ms`),
] as const;

type Row = Partial<Record<(typeof columns)[number], string | number | undefined>>;

/**
 * CSV (RFC 4180) with a head line: one row for each run, for each of its backends and for each kind of request, told apart by
 * `scope`. Numbers are bare, ratios from 0 to 1; a field is empty where the figure was not measured or does not apply.
 *
 * A name that a spreadsheet would take for a formula gets an apostrophe in front, also one that starts with the full-width
 * form of such a sign, which some take for the sign (OWASP, "CSV Injection").
 */
export function csv(report: Report): string {
  const rows = report.runs.flatMap(rowsOf);
  const lines = rows.map((row) => columns.map((column) => field(row[column])).join(','));
  return [columns.join(','), ...lines, ''].join('\r\n');
}

function rowsOf(run: RunReport): Row[] {
  const seconds = run.load.durationMs / 1000;
  const common = { run: run.name, algorithm: run.algorithm };
  const { distribution } = run;
  return [
    {
      ...common,
      scope: 'run',
      name: run.name,
      count: run.outcomes.responses,
      rps: run.rps,
      error_ratio: errorRatio(run),
      retries: retryCount(run),
      skew: distribution.skew,
      skew_noise: distribution.skewNoise,
      inflight_skew: distribution.inFlightSkew,
      unattributed: run.unattributed,
      ...timeFields('response', run.responseMs),
      ...timeFields('service', run.serviceMs),
    },
    ...run.backends.map((backend) => ({
      ...common,
      scope: 'backend',
      name: backend.address,
      count: backend.count,
      rps: seconds > 0 ? backend.count / seconds : undefined,
      error_ratio: backendErrorRatio(backend),
      weight: backend.weight,
      expected_share: backend.expectedShare,
      share: backend.share,
      deviation: backend.deviation,
      retries: backend.retries,
      busy_ms: busyMs(run, backend),
      mean_in_flight: backend.meanInFlight,
      peak_in_flight: backend.peakInFlight,
      ...timeFields('service', backend.serviceMs),
    })),
    ...run.requests.map((request) => ({
      ...common,
      scope: 'request',
      name: request.name,
      count: request.count,
      rps: seconds > 0 ? request.count / seconds : undefined,
      ...timeFields('service', request.serviceMs),
    })),
  ];
}

function timeFields(family: 'response' | 'service', times: LatencySummary): Row {
  return Object.fromEntries(timeKeys.map((key) => [`${family}_${key}_ms`, times[key]]));
}

function field(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  const text = sanitize(value, 500);
  // The signs that start a formula, also behind spaces, which spreadsheets skip.
  const harmless = /^\s*[=+\-@|%\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text;
  return /[",\r\n;]|^\s|\s$/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
