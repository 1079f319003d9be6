import type { LatencySummary } from '../model/latency.js';
import type { RunReport, ThresholdResult } from '../model/report.js';
import type { Metric, Rule, Unit } from '../model/rule.js';
import { coefficientOfVariation } from '../stats/coefficient-of-variation.js';
import { jainIndex } from '../stats/jain-index.js';
import { drawnShare, fairDraw, requestsForSkew } from './chance.js';
import { backendErrorRatio, errorRatio, retryRatio, statusOf } from './counts.js';
import { type Family, type Figure, type Part, partOf, wholeRun } from './figure.js';
import {
  amongThemselves,
  hiddenErrors,
  hiddenInFlight,
  hiddenRate,
  hiddenShare,
  hiddenSkew,
  hiddenSpread,
  unplacedCount,
} from './hidden.js';
import { errorInterval, type Interval, ratioInterval, skewInterval, unbounded } from './interval.js';
import { known, type Reading, ratio, ratioOf, unknown } from './reading.js';
import { figureOfFamily, parseStatistic } from './statistics.js';
import { streamFamilies, streamFigures } from './streams.js';
import { timelyErrors, timelyRate } from './timely.js';
import { formatValue } from './units.js';

const skewOf = ({ distribution }: RunReport) => distribution.skew;
const skewNoiseOf = ({ distribution }: RunReport) => distribution.skewNoise;

/** All that is one figure. Thresholds, comparisons, tables and exporters read what they say of a figure from its row. */
export const figures: readonly Figure[] = [
  {
    name: 'rps',
    unit: 'per-second',
    better: 'higher',
    per: ['run', 'backend', 'request', 'status'],
    head: 'req/s',
    csv: 'rps',
    meaning: 'responses a second',
    read: (run, { backend, request, status }) => {
      const part = backend ?? request ?? status;
      return part === undefined ? known(run.rps) : ratio(part.count, run.load.durationMs / 1000);
    },
    timely: (run, { backend, request, status }) =>
      (backend ?? request ?? status) === undefined ? timelyRate(run, wholeRun) : undefined,
    hidden: hiddenRate,
  },
  {
    name: 'errors',
    unit: 'ratio',
    better: 'lower',
    per: ['run', 'backend'],
    head: 'errors',
    csv: 'error_ratio',
    isBounded: true,
    meaning:
      'requests that did not end in a response that is no error (of a status below 400, unless `errors` in the scenario says otherwise) / requests started, without those that lbbench itself gave up; of a backend: errors it answered or broke off / requests it answered or began to answer',
    read: (run, { backend }) => ratioOf(backend === undefined ? errorRatio(run) : backendErrorRatio(backend)),
    interval: (run) => errorInterval([run]),
    timely: (run, part) => (part.backend === undefined ? timelyErrors(run, part) : undefined),
    hidden: hiddenErrors,
  },
  {
    name: 'status',
    unit: 'ratio',
    better: undefined,
    per: ['code', 'backend'],
    head: 'status',
    isBounded: true,
    meaning:
      'responses of a status, `status{code=429}` or `status{code=5xx}` / requests, counted as for `errors`',
    read: (run, { backend, code = '' }) => ratio(...statusOf(code, run, backend)),
    interval: (run, { backend, code = '' }) => ratioInterval(...statusOf(code, run, backend)),
  },
  {
    name: 'skew',
    unit: 'ratio',
    better: 'lower',
    per: ['run'],
    head: 'skew',
    csv: 'skew',
    meaning:
      'how far the worst backend is from its expected share: the largest abs(share / expected share - 1)',
    read: (run) => known(skewOf(run)),
    interval: skewInterval,
    isSpread: true,
    hidden: hiddenSpread(hiddenSkew),
    chance: fairDraw({
      asks: '<',
      called: 'skew',
      seen: skewOf,
      noise: skewNoiseOf,
      needed: requestsForSkew,
    }),
  },
  {
    name: 'inflight-skew',
    unit: 'ratio',
    better: 'lower',
    per: ['run'],
    head: 'in-flight skew',
    csv: 'inflight_skew',
    meaning: 'the same of the mean requests in flight at each backend: of the work instead of the count',
    read: ({ distribution }) => known(distribution.inFlightSkew),
    isSpread: true,
    hidden: hiddenSpread(hiddenSkew, ({ meanInFlight }) => meanInFlight, hiddenInFlight),
  },
  {
    name: 'share',
    unit: 'ratio',
    better: undefined,
    per: ['backend'],
    head: 'share',
    csv: 'share',
    isBounded: true,
    meaning: 'responses that a backend served / responses whose backend is known',
    read: (_run, { backend }) => known(backend?.share),
    isSpread: true,
    hidden: hiddenShare,
    chance: drawnShare,
  },
  {
    name: 'retries',
    unit: 'ratio',
    better: 'lower',
    per: ['run', 'backend'],
    head: 'retries',
    isBounded: true,
    meaning: 'attempts that were passed on to another backend / all attempts',
    read: (run, { backend }) => ratioOf(retryRatio(backend === undefined ? run : { backends: [backend] })),
  },
  {
    name: 'unattributed',
    unit: 'ratio',
    better: 'lower',
    per: ['run'],
    head: 'unattributed',
    isBounded: true,
    meaning: 'responses whose backend could not be told / all responses',
    read: ({ unattributed, outcomes }) => ratio(unattributed, outcomes.responses),
  },
  {
    name: 'jain',
    unit: 'index',
    better: 'higher',
    per: ['run'],
    head: 'Jain index',
    meaning:
      "Jain's fairness index of count / weight: 1 when all are even, 1/n when one backend gets everything",
    read: ({ distribution }) => known(distribution.jainIndex),
    isSpread: true,
    hidden: hiddenSpread(amongThemselves(jainIndex)),
    chance: fairDraw({ asks: '>', called: 'skew', seen: skewOf, noise: skewNoiseOf }),
  },
  {
    name: 'cv',
    unit: 'ratio',
    better: 'lower',
    per: ['run'],
    head: 'variation',
    meaning: 'coefficient of variation: standard deviation over mean of count / weight',
    read: ({ distribution }) => known(distribution.coefficientOfVariation),
    isSpread: true,
    hidden: hiddenSpread(amongThemselves(coefficientOfVariation)),
    chance: fairDraw({ asks: '<', called: 'skew', seen: skewOf, noise: skewNoiseOf }),
  },
  {
    name: 'moved-keys',
    unit: 'ratio',
    better: 'lower',
    per: ['run'],
    head: 'moved keys',
    isBounded: true,
    meaning: 'distinct keys seen on more than one backend / distinct keys',
    read: ({ prediction }) => known(prediction?.keys?.movedRatio),
  },
  {
    name: 'mispredicted',
    unit: 'ratio',
    better: 'lower',
    per: ['run'],
    head: 'mispredicted',
    isBounded: true,
    meaning: "placements that differ from those of the model of nginx's method / placements compared",
    read: ({ prediction }) => known(prediction?.mispredicted),
  },
  ...streamFigures,
];

/** All that is many values, of which a threshold names one statistic. The first is meant where none is named. */
export const families: readonly [Family, ...Family[]] = [
  {
    name: 'response',
    unit: 'ms',
    better: 'lower',
    per: ['run', 'backend', 'request', 'status'],
    head: 'response',
    csv: ['run'],
    meaning: 'from when a request was due to the last byte; service time and the wait before it',
    of: (run, part) => {
      const { backend, request, status } = part;
      if ((backend ?? request) === undefined) return (status ?? run).responseMs;
      return run.load.model === 'open'
        ? 'by request and by backend the open model keeps only service time; write service. in front'
        : serviceTimes(run, part);
    },
  },
  {
    name: 'service',
    unit: 'ms',
    better: 'lower',
    per: ['run', 'backend', 'request', 'status'],
    head: 'service',
    csv: ['run', 'backend', 'request'],
    meaning: 'from the start of a request to the last byte; in the closed model the same as response time',
    of: serviceTimes,
  },
  {
    name: 'ttfb',
    unit: 'ms',
    better: 'lower',
    per: ['run', 'backend', 'status'],
    head: 'first byte',
    csv: [],
    meaning: 'from the start of a request to the first byte of the response',
    of: (run, { backend, status }) => (backend ?? status ?? run).ttfbMs,
  },
  {
    name: 'first-byte-body',
    unit: 'ms',
    better: 'lower',
    per: ['run', 'backend'],
    head: 'first byte of body',
    csv: ['run', 'backend'],
    meaning: 'from the start of a request to the first byte of the body, of the responses that have one',
    of: (run, { backend }) => (backend ?? run).firstByteBodyMs ?? 'not measured',
  },
  {
    name: 'connect',
    unit: 'ms',
    better: 'lower',
    per: ['run'],
    head: 'connect',
    csv: [],
    meaning:
      'from the start of a request to the connection ready, TCP and TLS; reused connections do not count',
    of: (run) => run.connectMs,
  },
  {
    name: 'lag',
    unit: 'ms',
    better: 'lower',
    per: ['run'],
    head: 'generator lag',
    csv: [],
    meaning:
      "what lbbench itself was late with a request, at most: a part of its time that is not the target's",
    of: (run) => run.lagMs ?? 'this engine does not tell how late it was',
  },
  ...streamFamilies,
];

function serviceTimes(run: RunReport, { backend, request, status }: Part): LatencySummary {
  return (backend ?? request ?? status ?? run).serviceMs;
}

/** The times of a run by one family. */
interface TimesOfRun {
  readonly name: string;
  readonly head: string;
  readonly times: LatencySummary;
  /** Those of the responses that are no errors, where they are kept. */
  readonly successes: LatencySummary | undefined;
}

/** The times of a run, a row for each family, as tables list them. What nothing can have measured is left out. */
export function timesOfRun(run: RunReport): readonly TimesOfRun[] {
  return families.flatMap(({ name, head, per, of }) => {
    const times = of(run, wholeRun);
    const successes = per.includes('status') ? of(run, { status: run.successes }) : undefined;
    if (typeof times === 'string') return [];
    return [{ name, head, times, successes: typeof successes === 'string' ? undefined : successes }];
  });
}

/** The metric of a name as thresholds write it: `skew`, `p99`, `service.mean`; `undefined` when there is none. */
export function metricNamed(name: string): Metric | undefined {
  if (figures.some((figure) => figure.name === name)) return { figure: name };
  // p99.9 has a dot too, and no family in front of it.
  const dot = name.indexOf('.');
  const written = families.find((one) => one.name === name.slice(0, Math.max(0, dot)));
  const statistic = parseStatistic(written === undefined ? name : name.slice(dot + 1));
  return statistic === undefined ? undefined : { family: (written ?? families[0]).name, statistic };
}

/** The row of a metric. */
export function figureOf(metric: Metric): Figure {
  if ('figure' in metric) return named(figures, metric.figure);
  const family = named(families, metric.family);
  return figureOfFamily(family, family === families[0] ? '' : `${family.name}.`, metric.statistic);
}

function named<Row extends { readonly name: string }>(rows: readonly Row[], name: string): Row {
  const row = rows.find((one) => one.name === name);
  if (row === undefined) throw new Error(`there is no figure ${name}`);
  return row;
}

/** A figure by its name as thresholds write it, for tables that show a choice of them. */
export function figureNamed(name: string): Figure {
  const metric = metricNamed(name);
  if (metric === undefined) throw new Error(`there is no figure ${name}`);
  return figureOf(metric);
}

/** The value of a threshold with its unit, which reports of older versions do not say: it is that of the rule's metric. */
export function formatResult({
  rule,
  value,
  unit,
}: Pick<ThresholdResult, 'rule' | 'value' | 'unit'>): string {
  return formatValue(unit ?? unitOfRule(rule), value);
}

/** A threshold as people read it: what nobody wrote says so. */
export function ruleText({ rule, implied }: Pick<ThresholdResult, 'rule' | 'implied'>): string {
  return implied ? `${rule} (implied)` : rule;
}

function unitOfRule(rule: string): Unit {
  const metric = metricNamed(/^\s*([\w.-]*)/.exec(rule)?.[1] ?? '');
  return metric === undefined ? 'ratio' : figureOf(metric).unit;
}

/** A rule's figure of a run, or why there is none. */
export function readRule(run: RunReport, { metric, selectors }: Pick<Rule, 'metric' | 'selectors'>): Reading {
  const part = partOf(run, selectors);
  return typeof part === 'string' ? unknown(part) : figureOf(metric).read(run, part);
}

/** What a rule's figure may have been had the sender never been late, where that is known. */
export function timelyOfRule(
  run: RunReport,
  { metric, selectors }: Pick<Rule, 'metric' | 'selectors'>,
): number | undefined {
  const part = partOf(run, selectors);
  return typeof part === 'string' ? undefined : figureOf(metric).timely?.(run, part);
}

/** The requests of which a rule's figure sees nothing, and where it lies whatever became of them. */
export function hiddenOfRule(
  run: RunReport,
  { metric, selectors }: Pick<Rule, 'metric' | 'selectors'>,
): Interval & { readonly lost: number; readonly unplaced: number } {
  const figure = figureOf(metric);
  const { lost = 0 } = run.outcomes;
  const unplaced = figure.isSpread ? unplacedCount(run) : 0;
  const part = partOf(run, selectors);
  const interval = typeof part === 'string' ? undefined : figure.hidden?.(run, part, lost + unplaced);
  return { lost, unplaced, ...(interval ?? unbounded) };
}

/** Where the true figure of a rule lies, as far as one run tells. */
export function intervalOfRule(
  run: RunReport,
  { metric, selectors }: Pick<Rule, 'metric' | 'selectors'>,
): Interval {
  const part = partOf(run, selectors);
  return (typeof part === 'string' ? undefined : figureOf(metric).interval?.(run, part)) ?? unbounded;
}
