import type { LoadResult } from '../engine/load-job.js';
import { checksOf } from '../engine/response-checks.js';
import { troubleWarnings } from '../figures/trouble.js';
import type { AffinityReport } from '../model/affinity.js';
import type { FailoverReport } from '../model/failover.js';
import type { Plan, Target } from '../model/plan.js';
import type { Prediction } from '../model/prediction.js';
import type { CheckReport, RunReport } from '../model/report.js';
import type { Upstream } from '../model/upstream.js';
import type { Warning } from '../model/warning.js';
import type { Tally } from '../tally/tally.js';
import { asSeen, seenIn } from './expected-pool.js';
import { loggedRun } from './log/logged-run.js';
import type { RunLogReading } from './log/run-log.js';
import { bookOwnAnswers } from './own-answers.js';
import { runWarnings } from './run-warnings.js';
import { streamWarnings } from './stream-figures.js';
import { type Away, figuresOf } from './tally-figures.js';

/** What is known of a run beside its plan and its result. */
export interface RunContext {
  readonly name: string;
  /** 1-based; `undefined` when the algorithm runs once. */
  readonly round?: number | undefined;
  readonly algorithm: string | undefined;
  readonly balancer: string;
  readonly engine: string;
  /** Ratio that `minimumRequests` is computed for. */
  readonly skewLimit: number | undefined;
  /** What the drill showed, if there was one. */
  readonly failover?: FailoverReport | undefined;
  /** How placements compare with the model, where it can tell. */
  readonly prediction?: Prediction | undefined;
  /** Whether the turns of sessions stayed on their backends. */
  readonly affinity?: AffinityReport | undefined;
  /** What nginx's access log says of it, where it is attributed by one. */
  readonly log?: RunLogReading | undefined;
  /** Warnings that the load itself does not tell. */
  readonly warnings: readonly Warning[];
}

/** What to call a balancer that ran already: where it is, and its `upstream` block where that is known. */
export function targetName({ url }: Target, pool: Upstream | undefined): string {
  return pool === undefined ? url : `${url} (upstream ${pool.name})`;
}

/** Assembles the report of one run from what its engine measured. */
export function runReportOf(plan: Plan, result: LoadResult, context: RunContext): RunReport {
  const { tally, durationMs } = result;
  const expected = plan.expected && asSeen(plan.expected, seenIn(tally));
  const unlabelled = bookOwnAnswers(plan, tally);
  const away = stopsIn(context.failover, durationMs);
  const { spread, ...figures } = figuresOf(tally, {
    durationMs,
    expected,
    skewLimit: context.skewLimit,
    away,
    stages: plan.load.stages,
    isCutOff: result.interrupted || context.warnings.some(({ code }) => code === 'ended-early'),
    slo: plan.slo,
  });
  const { log, skewLimit } = context;
  const { requests } = plan;
  const logged = log?.result && loggedRun(log, figures, { durationMs, expected, skewLimit, away, requests });
  const run: RunReport = {
    name: context.name,
    round: context.round,
    algorithm: context.algorithm,
    balancer: context.balancer,
    engine: context.engine,
    // What came from another machine lacks what is not there.
    wire: result.wire && { ...result.wire, why: result.wire.why },
    interrupted: result.interrupted,
    load: {
      model: plan.load.model,
      requests: plan.load.requests,
      concurrency: plan.load.concurrency,
      ratePerSec: plan.load.ratePerSec,
      durationMs,
    },
    resent: result.wire && result.tally.counters.resent,
    ...figures,
    generator: result.lateness && {
      lostMs: result.lateness.lostMs,
      lateFailures: result.tally.counters.lateFailures,
    },
    ...logged?.figures,
    ...(result.fleet && {
      outcomes: {
        ...figures.outcomes,
        started: figures.outcomes.started + result.fleet.lost,
        lost: result.fleet.lost,
        neverStarted: result.fleet.neverStarted,
      },
      agents: result.fleet.agents,
      lostBounded: result.fleet.isBound,
    }),
    checks: checksIn(tally, plan),
    failover: context.failover,
    prediction: context.prediction,
    affinity: context.affinity,
    reconciliation: logged?.reconciliation,
    warnings: [
      ...context.warnings,
      ...result.warnings,
      ...(logged?.warnings ?? spread.warnings),
      ...(log === undefined || log.result !== undefined ? [] : [withoutLog(log)]),
      ...runWarnings(
        plan,
        result,
        context.algorithm ?? plan.pool?.algorithm.method,
        logged !== undefined,
        unlabelled,
      ),
    ],
  };
  return { ...run, warnings: [...run.warnings, ...streamWarnings(run), ...troubleWarnings(run)] };
}

/** `undefined` where the plan has none. */
function checksIn({ cells }: Tally, { requests }: Plan): CheckReport[] | undefined {
  const checks = checksOf(requests);
  if (checks.length === 0) return undefined;
  return checks.map((check, index) => {
    const failed = cells.map(({ address, failedChecks }) => ({ address, count: failedChecks.get(index) }));
    const known = failed.filter(({ address, count }) => address !== '' && count > 0);
    return {
      ...check,
      failed: failed.reduce((sum, { count }) => sum + count, 0),
      backends: Object.fromEntries(known.map(({ address, count }) => [address, count])),
    };
  });
}

/** How long after its start a backend may stay out at most; nginx counts whole seconds. */
const retryAfterMs = 11_000;

/** When a drill had stopped backends. */
function stopsIn(failover: FailoverReport | undefined, endMs: number): Away[] {
  const events = failover?.events ?? [];
  return events.flatMap(({ backend, action, startedMs }, index): Away[] => {
    if (action !== 'stop' || startedMs === undefined) return [];
    const back = events.slice(index + 1).find((one) => one.backend === backend && one.action === 'start');
    const toMs = back?.doneMs === undefined ? endMs : back.doneMs + retryAfterMs;
    return [{ address: backend, fromMs: startedMs, toMs }];
  });
}

function withoutLog({ file, problem }: Extract<RunLogReading, { readonly result: undefined }>): Warning {
  return {
    code: 'reconciliation',
    text: `${file} could not be used, so backends are those that the response header names: ${problem}`,
  };
}
