import { backendErrorRatio, errorRatio, retryRatio } from '../figures/counts.js';
import type { LatencySummary } from '../model/latency.js';
import type { BackendReport, RunReport } from '../model/report.js';
import type { CountMetric, TimeStatistic } from './metric.js';
import type { Rule } from './rule.js';

/** What judging needs beside the report itself; each comes from a room that this one may not import. */
export interface Lookups {
  /** Percentile in milliseconds of a histogram as the report holds it. Only asked for those the summary lacks. */
  readonly percentileOf: (histogramBase64: string, percentile: number) => number | undefined;
  /**
   * Between which times the true percentile lies with 99 % confidence, as far as the requests of one run tell; an end is
   * `undefined` where they do not. Without it a rule that refers to a baseline knows no noise.
   */
  readonly percentileInterval?:
    | ((
        summary: LatencySummary,
        percentile: number,
      ) => { readonly low: number | undefined; readonly high: number | undefined })
    | undefined;
  /**
   * Probability of at most, or at least, so many successes in draws that each succeed with `probability`. Without it a
   * share that breaks its rule fails whatever luck there was.
   */
  readonly binomialTail?:
    | ((side: 'at most' | 'at least', successes: number, trials: number, probability: number) => number)
    | undefined;
  /** Smallest count of requests at which the run's spread can be judged against this skew limit. */
  readonly minimumRequests?: ((run: RunReport, skewLimit: number) => number | undefined) | undefined;
}

/** A metric's value in its unit (milliseconds, ratio, per second), or why there is none. */
export type MetricValue =
  | { readonly value: number; readonly note: string | undefined }
  | { readonly value: undefined; readonly note: string };

/**
 * Reads a rule's metric from a run.
 *
 * - `rps`: responses a second.
 * - `errors`: requests that did not end in a response of a status below 400 / requests started. Requests that lbbench
 *   itself gave up when it was interrupted count on neither side. For a backend: responses of 400 and above, and requests
 *   that broke off after it had sent the head / responses and such requests.
 * - `share`: of the attributed responses. `unattributed`: of all responses.
 * - `retries`: attempts that were passed on to another backend / all attempts.
 * - `skew`, `inflight-skew`, `jain`, `cv`: as in the report's distribution.
 * - `moved-keys`: distinct keys seen on more than one backend / distinct keys. `mispredicted`: placements that differ
 *   from the model's / placements compared.
 * - times without a family are response times. Reports keep only service time by request and by backend; in the closed
 *   model the two are the same, in the open model there is then no value.
 */
export function metricValue(
  run: RunReport,
  { metric, selectors }: Pick<Rule, 'metric' | 'selectors'>,
  lookups: Lookups,
): MetricValue {
  const backend = run.backends.find(({ address }) => address === selectors.backend);
  const request = run.requests.find(({ name }) => name === selectors.request);
  if (selectors.backend !== undefined && backend === undefined)
    return none('no response came from this backend');
  if (selectors.request !== undefined && request === undefined) return none('no such request was sent');

  if (metric.kind === 'count') return countValue(run, metric.name, backend, request);

  if (metric.family === 'response' && (backend ?? request) !== undefined && run.load.model === 'open') {
    return none('by request and by backend the open model keeps only service time; write service. in front');
  }
  const summary = timeSummary(run, metric.family, selectors);
  return timeValue(summary, metric.statistic, lookups);
}

/** The distribution that a rule on a time reads. */
export function timeSummary(
  run: RunReport,
  family: Extract<Rule['metric'], { kind: 'time' }>['family'],
  selectors: Rule['selectors'],
): LatencySummary {
  const backend = run.backends.find(({ address }) => address === selectors.backend);
  const part = backend ?? run.requests.find(({ name }) => name === selectors.request);
  return {
    response: part?.serviceMs ?? run.responseMs,
    service: part?.serviceMs ?? run.serviceMs,
    connect: run.connectMs,
    ttfb: backend?.ttfbMs ?? run.ttfbMs,
  }[family];
}

function countValue(
  run: RunReport,
  name: CountMetric,
  backend: BackendReport | undefined,
  request: { readonly count: number } | undefined,
): MetricValue {
  const { distribution } = run;
  switch (name) {
    case 'rps': {
      const part = backend ?? request;
      return part === undefined ? some(run.rps) : ratio(part.count, run.load.durationMs / 1000);
    }
    case 'errors':
      return ratioOf(backend === undefined ? errorRatio(run) : backendErrorRatio(backend));
    case 'share':
      return some(backend?.share);
    case 'retries':
      return ratioOf(retryRatio(backend === undefined ? run : { backends: [backend] }));
    case 'unattributed':
      return ratio(run.unattributed, run.outcomes.responses);
    case 'skew':
      return some(distribution.skew);
    case 'inflight-skew':
      return some(distribution.inFlightSkew);
    case 'jain':
      return some(distribution.jainIndex);
    case 'cv':
      return some(distribution.coefficientOfVariation);
    case 'moved-keys':
      return some(run.prediction?.keys?.movedRatio);
    case 'mispredicted':
      return some(run.prediction?.mispredicted);
  }
}

const summaryKeys = [
  [50, 'p50'],
  [66, 'p66'],
  [75, 'p75'],
  [80, 'p80'],
  [90, 'p90'],
  [95, 'p95'],
  [98, 'p98'],
  [99, 'p99'],
  [99.9, 'p999'],
  [100, 'max'],
] as const;

function timeValue(summary: LatencySummary, statistic: TimeStatistic, lookups: Lookups): MetricValue {
  if (summary.count === 0) return none('no samples');
  if (typeof statistic === 'string') return some(summary[statistic]);
  const { percentile } = statistic;
  const key = summaryKeys.find(([known]) => known === percentile)?.[1];
  const value =
    key !== undefined
      ? summary[key]
      : summary.histogram === undefined
        ? undefined
        : lookups.percentileOf(summary.histogram, percentile);
  if (value === undefined || !Number.isFinite(value)) return none('not measured');
  // With fewer samples than this no sample lies above the percentile.
  const isMaximum = percentile < 100 && summary.count * (100 - percentile) < 100 - 1e-9;
  return {
    value,
    note: isMaximum
      ? `of ${summary.count.toLocaleString('en')} samples this percentile is the maximum`
      : undefined,
  };
}

function ratio(part: number, whole: number): MetricValue {
  return ratioOf(whole > 0 ? part / whole : undefined);
}

function ratioOf(value: number | undefined): MetricValue {
  return value === undefined ? none('no samples') : some(value);
}

function some(value: number | undefined): MetricValue {
  return value === undefined || !Number.isFinite(value) ? none('not measured') : { value, note: undefined };
}

function none(note: string): MetricValue {
  return { value: undefined, note };
}
