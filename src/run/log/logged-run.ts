import type { LogWindow } from '../../accesslog/reading/window.js';
import { attributedCount } from '../../figures/counts.js';
import { reportedClocks } from '../../model/clocks.js';
import type { ExpectedBackend, RequestPlan } from '../../model/plan.js';
import type { BackendReport, Reconciliation, ReportedTimes, RunReport } from '../../model/report.js';
import type { Warning } from '../../model/warning.js';
import { ErrorStatuses } from '../../tally/error-statuses.js';
import { Tally } from '../../tally/tally.js';
import { Timeline } from '../../tally/timeline.js';
import { type Away, figuresOf, type TallyFigures } from '../tally-figures.js';
import { logFacts } from './facts.js';
import { reconcile } from './reconcile.js';
import { givenUpStatus, type RunLogReading } from './run-log.js';

/** What a run's report takes from nginx's access log instead of the response header. */
export interface LoggedRun {
  readonly figures: Pick<
    RunReport,
    'backends' | 'unattributed' | 'noBackendLeft' | 'notProxied' | 'distribution' | 'timeline'
  >;
  readonly reconciliation: Reconciliation;
  readonly warnings: readonly Warning[];
}

/**
 * Books a run by the log: counts, retries and status by backend, and times where the format has them; what the log does
 * not tell stays as the client saw it by the header. Requests that the client gave up are no responses, so they count as
 * little here as there; their failed attempts do count.
 */
export function loggedRun(
  reading: Extract<RunLogReading, { readonly waitedMs: number }>,
  header: Omit<TallyFigures, 'spread'>,
  options: {
    readonly durationMs: number;
    readonly expected: readonly ExpectedBackend[] | undefined;
    readonly skewLimit: number | undefined;
    /** When backends were stopped, since the start of the run. */
    readonly away?: readonly Away[] | undefined;
    readonly requests: readonly RequestPlan[];
  },
): LoggedRun {
  const { result } = reading;
  const facts = logFacts(result);
  const inFlight = { mean: facts.hasTimes, peak: false };
  const all = figuresOf(result.tally, { ...options, inFlight });
  const { spread, ...served } = figuresOf(answeredTally(reading, options.expected), {
    ...options,
    ...onLogClock(result.window, options.away),
    inFlight,
  });
  const byHeader = new Map(header.backends.map((backend) => [backend.address, backend]));
  const retries = new Map(all.backends.map((backend) => [backend.address, backend.retries]));
  const errorsOf = errorsBy(options.requests);
  const backends = served.backends.map((backend): BackendReport => {
    const seen = byHeader.get(backend.address);
    return {
      ...backend,
      retries: retries.get(backend.address) ?? 0,
      errors: errorsOf(backend) ?? seen?.errors ?? backend.errors,
      failedChecks: seen?.failedChecks,
      failures: seen?.failures,
      ...timesSeen(backend, seen),
      meanInFlight: facts.hasTimes ? backend.meanInFlight : seen?.meanInFlight,
      peakInFlight: seen?.peakInFlight,
    };
  });
  const counted = attributedCount({ backends });
  const { noBackendLeft, notProxied = 0 } = served;
  const headerCounted = attributedCount(header);
  const reconciliation = reconcile(reading, header, backends);
  return {
    figures: {
      backends,
      unattributed: Math.max(0, header.outcomes.responses - counted - notProxied),
      noBackendLeft,
      notProxied,
      distribution: facts.hasTimes
        ? served.distribution
        : { ...served.distribution, inFlightSkew: header.distribution.inFlightSkew },
      timeline: headerCounted > 0 ? header.timeline : all.timeline,
    },
    reconciliation,
    warnings: [...spread.warnings, ...warningsOf(reading, reconciliation)],
  };
}

/** The time that is judged, and when backends were stopped, on the clock of the log's timeline: that of the day. */
function onLogClock(window: LogWindow | undefined, away: readonly Away[] = []) {
  if (window === undefined) return { stretch: undefined, away: undefined };
  // The first response ends soon after the run has begun.
  const since1970 = (ms: number) => window.fromMs + ms;
  return {
    stretch: window,
    away: away.map((one) => ({ ...one, fromMs: since1970(one.fromMs), toMs: since1970(one.toMs) })),
  };
}

/** What of a backend's answers counts as errors, where that is the same for all requests and no check decides: neither does the log tell. */
function errorsBy(requests: readonly RequestPlan[]): (backend: BackendReport) => number | undefined {
  const [one, ...others] = new Set(requests.map(({ errors = [] }) => JSON.stringify(errors)));
  const hasChecks = requests.some(({ checks = [] }) => checks.length > 0);
  if (one === undefined || others.length > 0 || hasChecks) return () => undefined;
  const statuses = new ErrorStatuses(requests[0]?.errors);
  return ({ status }) =>
    Object.entries(status).reduce(
      (sum, [code, count]) => (statuses.has(Number(code)) ? sum + count : sum),
      0,
    );
}

/** Each time as the log tells it, else as the client saw it. */
function timesSeen(logged: BackendReport, seen: BackendReport | undefined): ReportedTimes<'backend'> {
  return Object.fromEntries(
    reportedClocks('backend').map((clock) => {
      const key = `${clock}Ms` as const;
      const isTimed = (logged[key]?.count ?? 0) > 0;
      return [key, isTimed ? logged[key] : (seen?.[key] ?? logged[key])];
    }),
  ) as unknown as ReportedTimes<'backend'>;
}

/** The tally without the requests that the client gave up. */
function answeredTally(
  { result }: Extract<RunLogReading, { readonly waitedMs: number }>,
  expected: readonly ExpectedBackend[] | undefined,
): Tally {
  const isSplit = result.by !== undefined && result.others === undefined;
  const parts = isSplit
    ? result.groups.filter(({ key }) => key !== givenUpStatus).map(({ tally }) => tally)
    : [result.tally];
  const tally = new Tally(result.tally.shape, new Timeline());
  for (const { address } of expected ?? []) tally.cellOf(address);
  // Backends of which only retries are known have a row too.
  for (const { address } of result.tally.cells.slice(1)) tally.cellOf(address);
  for (const part of parts) tally.add(part);
  return tally;
}

const differencesNamed = 3;

function warningsOf(
  { result, file }: Extract<RunLogReading, { readonly waitedMs: number }>,
  { differences }: Reconciliation,
): Warning[] {
  const warnings: Warning[] = [];
  if (differences.length > 0) {
    const more = differences.length - differencesNamed;
    const named = differences.slice(0, differencesNamed).join('; ');
    warnings.push({
      code: 'reconciliation',
      text: `${file} and the client differ: ${named}${more > 0 ? `; and ${more} more in the report` : ''}`,
    });
  }
  if (result.tally.counters.noBackendLeft > 0) {
    warnings.push({
      code: 'no-backend-left',
      text: `${result.tally.counters.noBackendLeft} requests found no backend left: nginx had taken all of them out after failures, or they were at max_conns`,
    });
  }
  return warnings;
}
