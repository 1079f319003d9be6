import { families, figures } from '../../figures/catalogue.js';
import { isKnownOf, type Part, wholeRun } from '../../figures/figure.js';
import type { LatencySummary } from '../../model/latency.js';
import type { Report, RunReport } from '../../model/report.js';
import type { Unit } from '../../model/rule.js';
import { sanitize } from '../../text/sanitize.js';
import { scenarioName } from '../blocks/heading.js';

/** A report as what keeps figures over time takes it: names, and values with labels. */
export interface Measurement {
  /** Words with dots between them: `backend.share`. */
  readonly name: string;
  /** One line. */
  readonly help: string;
  /** `undefined` for what is counted, and for what is 1 where it is so. */
  readonly unit: Unit | undefined;
  readonly points: readonly Point[];
}

export interface Point {
  readonly labels: Labels;
  readonly run: RunReport;
  /** One figure, or the times of many requests. */
  readonly value: number | LatencySummary;
}

export type Labels = Readonly<Record<string, string>>;

/** Of many times, those that are figures of their own where a store cannot take the whole. */
export const quantiles = [
  ['p50', '0.5'],
  ['p90', '0.9'],
  ['p95', '0.95'],
  ['p99', '0.99'],
  ['p999', '0.999'],
] as const satisfies readonly (readonly [keyof LatencySummary, string])[];

/**
 * All figures of the catalogue that a report knows, of its runs, their backends and kinds of requests; how requests ended,
 * and how thresholds went. What was not measured has no point. Text from outside is sanitized and short.
 */
export function measurementsOf(report: Report): readonly Measurement[] {
  const subjects = subjectsOf(report);
  const runs = subjects.filter(({ scope }) => scope === 'run');
  return [
    {
      name: 'run.info',
      help: 'Which balancer and method a run is of; always 1.',
      unit: undefined,
      points: runs.map(({ run, labels }) => ({ run, labels: { ...labels, ...describing(run) }, value: 1 })),
    },
    countsOf('requests.started', 'Requests that were started.', runs, ({ run }) => run.outcomes.started),
    countsOf(
      'run.duration',
      'From the first start to the last byte.',
      runs,
      ({ run }) => run.load.durationMs,
      'ms',
    ),
    {
      name: 'requests.ended',
      help: 'Requests by how they ended.',
      unit: undefined,
      points: runs.flatMap(({ run, labels }) =>
        outcomes.flatMap(([key, outcome]) => {
          const value = run.outcomes[key];
          return value === undefined ? [] : [{ run, labels: { ...labels, outcome }, value }];
        }),
      ),
    },
    {
      name: 'responses.status',
      help: 'Responses by status code.',
      unit: undefined,
      points: runs.flatMap(({ run, labels }) =>
        Object.entries(run.status).map(([code, value]) => ({
          run,
          labels: { ...labels, code: shown(code) },
          value,
        })),
      ),
    },
    ...scopes.flatMap((scope) => figuresOf(scope, subjects)),
    {
      name: 'threshold',
      help: 'How a threshold went; 1 at its verdict.',
      unit: undefined,
      points: report.thresholds.flatMap(({ rule, run: name, verdict }) =>
        runs
          .filter(({ run }) => run.name === name)
          .map(({ run, labels }) => ({ run, labels: { ...labels, rule: shown(rule), verdict }, value: 1 })),
      ),
    },
  ].filter(({ points }) => points.length > 0);
}

const scopes = ['run', 'backend', 'request'] as const;

const outcomes = [
  ['responses', 'response'],
  ['connectErrors', 'connect-error'],
  ['resets', 'reset'],
  ['timeouts', 'timeout'],
  ['malformed', 'malformed'],
  ['closed', 'closed'],
  ['cancelled', 'cancelled'],
  ['truncated', 'truncated'],
  ['streamErrors', 'stream-error'],
  ['emptyStreams', 'empty'],
] as const satisfies readonly (readonly [keyof RunReport['outcomes'], string])[];

/** What a point is about, and how it is told from the others. */
interface Subject extends Part {
  readonly scope: (typeof scopes)[number];
  readonly run: RunReport;
  readonly labels: Labels;
}

function subjectsOf(report: Report): Subject[] {
  const scenario = shown(scenarioName(report) ?? '');
  const names = distinct(report.runs.map(({ name }) => name));
  return report.runs.flatMap((run, index): Subject[] => {
    const labels = { scenario, run: names[index] ?? '' };
    const backends = distinct(run.backends.map(({ address }) => address));
    const requests = distinct(run.requests.map(({ name }) => name));
    return [
      { scope: 'run', run, labels, ...wholeRun },
      ...run.backends.map((backend, at) => ({
        scope: 'backend' as const,
        run,
        labels: { ...labels, backend: backends[at] ?? '' },
        backend,
      })),
      ...run.requests.map((request, at) => ({
        scope: 'request' as const,
        run,
        labels: { ...labels, request: requests[at] ?? '' },
        request,
      })),
    ];
  });
}

/** Names as they are shown, of which two that differ only behind what is shown are numbered: no store takes one twice. */
function distinct(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const text = shown(name);
    const nth = (seen.get(text) ?? 0) + 1;
    seen.set(text, nth);
    return nth === 1 ? text : `${text} (${nth})`;
  });
}

/** Whatever the catalogue knows of such a part, and the few counts that stand beside it. */
function figuresOf(scope: Subject['scope'], all: readonly Subject[]): Measurement[] {
  const subjects = all.filter((subject) => subject.scope === scope);
  const prefix = scope === 'run' ? '' : `${scope}.`;
  const responses = countsOf(
    `${prefix}responses`,
    'Responses of any status.',
    subjects,
    ({ run, ...part }) => (part.backend ?? part.request)?.count ?? run.outcomes.responses,
  );
  const expected = countsOf(
    'backend.expected-share',
    'Its weight / all weights.',
    subjects,
    ({ backend }) => backend?.expectedShare,
    'ratio',
  );
  return [
    responses,
    ...(scope === 'backend' ? [expected] : []),
    ...figures.flatMap((figure) => {
      const { name, meaning, unit } = figure;
      const points = pointsOf(subjects, (subject) =>
        isKnownOf(figure, subject) ? figure.read(subject.run, subject).value : undefined,
      );
      return points.length === 0 ? [] : [{ name: `${prefix}${name}`, help: meaning, unit, points }];
    }),
    ...families.flatMap((family) => {
      const { name, meaning, unit } = family;
      const points = pointsOf(subjects, (subject) => {
        const times = isKnownOf(family, subject) ? family.of(subject.run, subject) : undefined;
        return typeof times === 'object' && times.count > 0 ? times : undefined;
      });
      return points.length === 0 ? [] : [{ name: `${prefix}${name}`, help: meaning, unit, points }];
    }),
  ];
}

function countsOf(
  name: string,
  help: string,
  subjects: readonly Subject[],
  of: (subject: Subject) => number | undefined,
  unit?: Unit,
): Measurement {
  return { name, help, unit, points: pointsOf(subjects, of) };
}

function pointsOf(
  subjects: readonly Subject[],
  of: (subject: Subject) => number | LatencySummary | undefined,
): Point[] {
  return subjects.flatMap((subject) => {
    const value = of(subject);
    const isKnown = typeof value === 'number' ? Number.isFinite(value) : value !== undefined;
    return isKnown && value !== undefined ? [{ labels: subject.labels, run: subject.run, value }] : [];
  });
}

function describing({ algorithm, balancer, engine, round }: RunReport): Labels {
  return {
    balancer: shown(balancer),
    engine: shown(engine),
    ...(algorithm === undefined ? {} : { algorithm: shown(algorithm) }),
    ...(round === undefined ? {} : { round: String(round) }),
  };
}

function shown(text: string): string {
  return sanitize(text, 100);
}
