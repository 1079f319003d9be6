import type { Parsed } from '../model/parsed.js';
import { didYouMean } from '../text/closest.js';

/** What a rule's limit is measured in: milliseconds, a ratio (`5%` or `0.05`), or requests per second. */
export type MetricUnit = 'time' | 'ratio' | 'rate';

/** Which of the clocks of a request: intended start to last byte, start to last byte, and so on. */
type TimeFamily = 'response' | 'service' | 'connect' | 'ttfb';

/** `percentile` is above 0 and at most 100; 100 is the maximum. */
export type TimeStatistic = 'min' | 'mean' | 'max' | { readonly percentile: number };

export type CountMetric = (typeof countMetrics)[number]['name'];

export type Metric =
  | { readonly kind: 'time'; readonly family: TimeFamily; readonly statistic: TimeStatistic }
  | { readonly kind: 'count'; readonly name: CountMetric };

export type SelectorKey = 'backend' | 'request' | 'run';

/** All metrics that are not times. Every metric takes `{run=…}`; the others are listed here. */
const countMetrics = [
  { name: 'rps', unit: 'rate', selectors: ['backend', 'request'] },
  { name: 'errors', unit: 'ratio', selectors: ['backend'] },
  { name: 'skew', unit: 'ratio', selectors: [] },
  { name: 'inflight-skew', unit: 'ratio', selectors: [] },
  { name: 'share', unit: 'ratio', selectors: ['backend'] },
  { name: 'retries', unit: 'ratio', selectors: ['backend'] },
  { name: 'unattributed', unit: 'ratio', selectors: [] },
  { name: 'jain', unit: 'ratio', selectors: [] },
  { name: 'cv', unit: 'ratio', selectors: [] },
  { name: 'moved-keys', unit: 'ratio', selectors: [] },
  { name: 'mispredicted', unit: 'ratio', selectors: [] },
] as const satisfies readonly {
  readonly name: string;
  readonly unit: MetricUnit;
  readonly selectors: readonly SelectorKey[];
}[];

/** The report keeps each clock only by these; connect times belong to connections, not to backends. */
const timeSelectors: Readonly<Record<TimeFamily, readonly SelectorKey[]>> = {
  response: ['backend', 'request'],
  service: ['backend', 'request'],
  connect: [],
  ttfb: ['backend'],
};

const statisticNames = ['p50', 'p90', 'p99', 'p99.9', 'min', 'mean', 'median', 'max'];

/** Ratios that cannot exceed 1, as opposed to `skew`, `inflight-skew` and `cv`. */
const boundedRatios: readonly CountMetric[] = [
  'errors',
  'share',
  'retries',
  'unattributed',
  'jain',
  'moved-keys',
  'mispredicted',
];

export function unitOf(metric: Metric): MetricUnit {
  if (metric.kind === 'time') return 'time';
  return countMetrics.find(({ name }) => name === metric.name)?.unit ?? 'ratio';
}

/** True when the metric's greatest possible value is 1. */
export function isBoundedRatio(metric: Metric): boolean {
  return metric.kind === 'count' && boundedRatios.includes(metric.name);
}

/** The selectors a metric takes besides `run`. */
export function selectorsOf(metric: Metric): readonly SelectorKey[] {
  if (metric.kind === 'time') return timeSelectors[metric.family];
  return countMetrics.find(({ name }) => name === metric.name)?.selectors ?? [];
}

/** `p99` or `service.mean` or `skew` to a metric. A time without a family is response time. */
export function parseMetric(text: string): Parsed<Metric> {
  const count = countMetrics.find(({ name }) => name === text);
  if (count !== undefined) return { ok: true, value: { kind: 'count', name: count.name } };

  const dot = /^([a-z]+)\.(.*)$/.exec(text);
  const familyText = dot?.[1];
  const family = familyText === undefined ? 'response' : familyOf(familyText);
  const statistic = parseStatistic(dot?.[2] ?? text);
  if (family !== undefined && statistic !== undefined) {
    return { ok: true, value: { kind: 'time', family, statistic } };
  }
  return {
    ok: false,
    message: `expected a metric, got ${JSON.stringify(text.slice(0, 60))}`,
    hint: `${didYouMean(text, knownMetrics())}known are ${knownMetrics().join(', ')}, any other percentile, and the times with ${Object.keys(timeSelectors).join('., ')}. in front`,
    offset: 0,
  };
}

function knownMetrics(): string[] {
  return [...countMetrics.map(({ name }) => name), ...statisticNames];
}

function familyOf(text: string): TimeFamily | undefined {
  return (Object.keys(timeSelectors) as TimeFamily[]).find((family) => family === text);
}

/** `p999` is the usual way to write p99.9; with a dot the number is taken as it stands. */
function parseStatistic(text: string): TimeStatistic | undefined {
  if (text === 'min' || text === 'mean' || text === 'max') return text;
  if (text === 'median') return { percentile: 50 };
  const digits = /^p(\d{1,3}(?:\.\d{1,4})?|9{3,6})$/.exec(text)?.[1];
  if (digits === undefined) return undefined;
  const percentile = /^9{3,}$/.test(digits) ? Number(`99.${digits.slice(2)}`) : Number(digits);
  return percentile > 0 && percentile <= 100 ? { percentile } : undefined;
}
