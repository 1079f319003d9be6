import { families, figures } from '../figures/catalogue.js';
import { busyMs, retryCount } from '../figures/counts.js';
import { isKnownOf, type Part, wholeRun } from '../figures/figure.js';
import type { Report, RunReport } from '../model/report.js';
import { sanitize } from '../text/sanitize.js';

/** What a row is about. */
interface Subject extends Part {
  readonly run: RunReport;
  readonly scope: 'run' | 'backend' | 'request';
}

interface Column {
  readonly head: string;
  readonly of: (subject: Subject) => string | number | undefined;
  readonly ofStreams?: true | undefined;
}

const figureColumns = figures.flatMap((figure): Column[] => {
  const { csv, ofStreams } = figure;
  const of = ({ run, ...part }: Subject) =>
    isKnownOf(figure, part) ? figure.read(run, part).value : undefined;
  return csv === undefined ? [] : [{ head: csv, of, ofStreams }];
});

const statistics = ['min', 'mean', 'stddev', 'p50', 'p90', 'p95', 'p99', 'p999', 'max'] as const;

const timeColumns = families.flatMap(({ name, csv, of, ofStreams }) =>
  csv.length === 0
    ? []
    : statistics.map((key): Column => {
        return {
          head: `${name.replaceAll('-', '_')}_${key}_ms`,
          ofStreams,
          of: ({ run, scope, ...part }) => {
            const values = csv.includes(scope) ? of(run, part) : undefined;
            return typeof values === 'object' ? values[key] : undefined;
          },
        };
      }),
);

/** What is no figure of the catalogue, and where those stand that are. */
const firstColumns: readonly Column[] = [
  { head: 'run', of: ({ run }) => run.name },
  { head: 'algorithm', of: ({ run }) => run.algorithm },
  { head: 'scope', of: ({ scope }) => scope },
  { head: 'name', of: ({ run, backend, request }) => backend?.address ?? (request ?? run).name },
  { head: 'count', of: ({ run, backend, request }) => (backend ?? request)?.count ?? run.outcomes.responses },
  ...figureColumnsOf('rps', 'error_ratio'),
  { head: 'weight', of: ({ backend }) => backend?.weight },
  { head: 'expected_share', of: ({ backend }) => backend?.expectedShare },
  ...figureColumnsOf('share'),
  { head: 'deviation', of: ({ backend }) => backend?.deviation },
  {
    head: 'retries',
    of: ({ run, scope, backend }) => (scope === 'run' ? retryCount(run) : backend?.retries),
  },
  { head: 'busy_ms', of: ({ run, backend }) => backend && busyMs(run, backend) },
  { head: 'mean_in_flight', of: ({ backend }) => backend?.meanInFlight },
  { head: 'peak_in_flight', of: ({ backend }) => backend?.peakInFlight },
  ...figureColumnsOf('skew'),
  { head: 'skew_noise', of: ({ run, scope }) => (scope === 'run' ? run.distribution.skewNoise : undefined) },
  ...figureColumnsOf('inflight_skew'),
  { head: 'unattributed', of: ({ run, scope }) => (scope === 'run' ? run.unattributed : undefined) },
];

/** A figure that the catalogue gains gets its column behind all that were there before. */
const allColumns: readonly Column[] = [
  ...firstColumns,
  ...timeColumns,
  ...figureColumns.filter((column) => !firstColumns.includes(column)),
];

/** Those of streams come last, and only where there were any. */
function columnsFor({ runs }: Report): readonly Column[] {
  const isStreamed = runs.some(({ llm }) => llm !== undefined);
  const [ofStreams, others] = [true, undefined].map((kind) =>
    allColumns.filter((column) => column.ofStreams === kind),
  );
  return [...(others ?? []), ...(isStreamed ? (ofStreams ?? []) : [])];
}

/**
 * CSV (RFC 4180) with a head line: one row for each run, for each of its backends and for each kind of request, told apart by
 * `scope`. Numbers are bare, ratios from 0 to 1; a field is empty where the figure was not measured or does not apply.
 *
 * A name that a spreadsheet would take for a formula gets an apostrophe in front, also one that starts with the full-width
 * form of such a sign, which some take for the sign (OWASP, "CSV Injection").
 */
export function csv(report: Report): string {
  const columns = columnsFor(report);
  const lines = report.runs
    .flatMap(subjectsOf)
    .map((subject) => columns.map(({ of }) => field(of(subject))).join(','));
  return [columns.map(({ head }) => head).join(','), ...lines, ''].join('\r\n');
}

function subjectsOf(run: RunReport): Subject[] {
  return [
    { run, scope: 'run', ...wholeRun },
    ...run.backends.map((backend) => ({ run, scope: 'backend' as const, backend })),
    ...run.requests.map((request) => ({ run, scope: 'request' as const, request })),
  ];
}

function figureColumnsOf(...heads: readonly string[]): Column[] {
  return figureColumns.filter(({ head }) => heads.includes(head));
}

function field(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  const text = sanitize(value, 500);
  // The signs that start a formula, also behind spaces, which spreadsheets skip.
  const harmless = /^\s*[=+\-@|%\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text;
  return /[",\r\n;]|^\s|\s$/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
