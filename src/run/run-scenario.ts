import { adviceOn } from '../distribution/advice.js';
import { Affinity } from '../distribution/affinity.js';
import { Sessions } from '../engine/sessions.js';
import { isAbort, unlessAborted } from '../engine/unless-aborted.js';
import { roundName } from '../figures/run-groups.js';
import type { Lab } from '../lab/lab.js';
import type { Algorithm } from '../model/algorithm.js';
import { LbbenchError } from '../model/fault.js';
import type { Plan, Target } from '../model/plan.js';
import type { Report, RunReport } from '../model/report.js';
import type { Rule } from '../model/rule.js';
import type { Sample } from '../model/sample.js';
import type { Warning } from '../model/warning.js';
import { formatAlgorithm } from '../nginx/algorithm.js';
import { describePlan } from '../scenario/describe-plan.js';
import { hiding } from '../text/secrets.js';
import { judge, skewLimitOf } from '../verdict/evaluate.js';
import { Drill, recover } from './drill.js';
import { earlyEndOf } from './early-end.js';
import { engineNamed } from './engines.js';
import { namesOf, withPoolAddresses } from './expected-pool.js';
import { startedLab } from './hold-lab.js';
import { loadJobOf } from './load-job.js';
import { RunLog } from './log/run-log.js';
import { isPredictable, watchModel } from './model-watch.js';
import { requestKeyOf } from './request-key.js';
import { type Round, roundsOf } from './rounds.js';
import { hidingControl, hidingFaults, type LoadProgress, type RunControl } from './run-control.js';
import { runReportOf, targetName } from './run-report.js';
import { readScenario, type Scenario } from './scenario-file.js';
import { toolInfo } from './tool.js';
import { wrongScheme } from './wrong-scheme.js';

/**
 * Runs a scenario, or the plan that one was read as: starts its lab, sends its load under each algorithm, judges its thresholds.
 *
 * @throws LbbenchError when nothing can be measured (the lab does not start, the target's name does not resolve), when
 * the plan's baseline is no report, and with all faults of a scenario that is none
 */
export async function runScenario(asked: Plan | Scenario, control: RunControl = {}): Promise<Report> {
  if (isPlan(asked)) return runOn(undefined, asked, control);
  const { plan, warnings } = readScenario(asked);
  for (const warning of warnings) control.onWarning?.(warning);
  return runOn(undefined, plan, control);
}

/** A scenario has a `timeout`; the unit is in the name once it is read. */
function isPlan(asked: Plan | Scenario): asked is Plan {
  const load: unknown = (asked as Plan | undefined | null)?.load;
  return typeof load === 'object' && load !== null && 'timeoutMs' in load;
}

/** A balancer that ran already, whose method can be set. */
export interface Stage {
  /** Aborted, with an `LbbenchError` as its reason, when what is measured from then on would be something else. */
  readonly broken: AbortSignal;
  /** Balances by another method, with all balancing state fresh. */
  use(algorithm: Algorithm): Promise<void>;
  /** Leaves it as it was. Safe to call twice. @throws LbbenchError when that cannot be */
  close(): Promise<void>;
}

type OpenStage = (onWarning: (warning: Warning) => void, signal: AbortSignal | undefined) => Promise<Stage>;

/**
 * Runs a plan whose target is set to each of the algorithms by what `open` gives.
 *
 * @throws LbbenchError as `runScenario`, and when the stage cannot be opened, used or left as it was
 */
export function runOn(open: OpenStage | undefined, asked: Plan, control: RunControl): Promise<Report> {
  const hide = hiding(asked.secrets ?? []);
  return hidingFaults(hide, async () => hide(await runPlan(open, asked, hidingControl(control, hide))));
}

async function runPlan(open: OpenStage | undefined, asked: Plan, control: RunControl): Promise<Report> {
  const startedAt = new Date();
  // Read first: a file that is no report must not cost a run.
  const baseline = await baselineOf(asked);
  const warnings: Warning[] = [];
  const warn = (warning: Warning) => {
    warnings.push(warning);
    control.onWarning?.(warning);
  };
  const { signal } = control;
  const runs: RunReport[] = [];
  let plan = asked;
  let lab: Lab | undefined;
  let opening: Promise<Stage> | undefined;
  let broken: AbortSignal | undefined;
  let failure: unknown;
  try {
    plan = await unlessAborted(withPoolAddresses(asked, warn), signal);
    lab = await labOf(plan, warn, signal);
    opening = open?.(warn, signal);
    const stage = opening && (await unlessAborted(opening, signal));
    broken = lab?.broken ?? stage?.broken;
    const algorithms = plan.algorithms.length === 0 ? [undefined] : plan.algorithms;
    for (const round of roundsOf(algorithms, plan.repeat)) {
      if (lab !== undefined && runs.length > 0)
        await unlessAborted(makeReady(lab, plan, round.algorithm), signal);
      if (stage !== undefined && round.algorithm !== undefined)
        await unlessAborted(stage.use(round.algorithm), signal);
      if (signal?.aborted) break;
      const set = stage === undefined ? plan : withMethod(plan, round.algorithm);
      const run = await runOnce(set, round, { lab, broken }, warnings, control);
      runs.push(run);
      control.onRunEnd?.(run, reportOf(plan, startedAt, runs, baseline));
    }
  } catch (error) {
    // Whatever stumbled over it first, the part that has ended is the cause.
    if (!isAbort(error, signal)) failure = broken?.aborted ? broken.reason : error;
  }
  await lab?.close();
  // Opened or still being opened, it is left as it was.
  const stage = await opening?.catch(() => undefined);
  await stage?.close().catch((error: unknown) => {
    failure = bothOf(failure, error);
  });
  if (failure !== undefined) throw failure;
  return reportOf(plan, startedAt, runs, baseline);
}

/** No failure hides another. */
function bothOf(first: unknown, second: unknown): unknown {
  if (!(first instanceof LbbenchError && second instanceof LbbenchError)) return first ?? second;
  return new LbbenchError(first.kind, [...first.faults, ...second.faults]);
}

/** The plan as it is while its target balances by a method. */
function withMethod(plan: Plan, algorithm: Algorithm | undefined): Plan {
  const { pool } = plan;
  return pool === undefined || algorithm === undefined ? plan : { ...plan, pool: { ...pool, algorithm } };
}

async function labOf(
  plan: Plan,
  onWarning: (warning: Warning) => void,
  signal: AbortSignal | undefined,
): Promise<Lab | undefined> {
  if (plan.lab === undefined) return undefined;
  const [algorithm] = plan.algorithms;
  if (algorithm === undefined) throw new Error('a plan with a lab has at least one algorithm');
  return startedLab(plan.lab, { seed: plan.seed, algorithm, onWarning }, signal);
}

/** A lab that has run once is as new, and balances by another method. */
async function makeReady(lab: Lab, plan: Plan, algorithm: Algorithm | undefined): Promise<void> {
  await recover(lab, plan.lab?.events ?? []);
  if (algorithm !== undefined) await lab.use(algorithm);
}

/** What a run stands on. */
interface Held {
  readonly lab: Lab | undefined;
  readonly broken: AbortSignal | undefined;
}

async function runOnce(
  plan: Plan,
  { algorithm, round }: Round<Algorithm | undefined>,
  { lab, broken }: Held,
  warnings: readonly Warning[],
  control: RunControl,
): Promise<RunReport> {
  const target = lab?.target ?? (plan.target as Target);
  const engine = control.engine ?? (await engineNamed(plan.engine));
  const name = roundName(algorithm === undefined ? plan.name : formatAlgorithm(algorithm), round);
  const events = plan.lab?.events ?? [];
  control.onRunStart?.(name, plan);
  const poolNames = [lab?.poolName ?? plan.pool?.name ?? []].flat();
  const names = { backends: namesOf(plan.expected ?? []), pools: poolNames };
  const log =
    plan.attribution.by === 'log' ? await RunLog.open(plan.attribution, logPlaces, names) : undefined;
  const job = loadJobOf(plan, target, {
    runId: log?.runId,
    poolNames,
    samples:
      control.onSample !== undefined ||
      events.length > 0 ||
      plan.sessions !== undefined ||
      isPredictable(plan, algorithm),
  });
  const drill =
    lab === undefined || events.length === 0
      ? undefined
      : new Drill({ events, lab, concurrency: plan.load.concurrency, keyOf: requestKeyOf(job, algorithm) });
  const model = control.engine === undefined ? watchModel(plan, job, algorithm) : undefined;
  const affinity = control.engine === undefined ? affinityOf(plan) : undefined;
  const earlyEnd = earlyEndOf(plan, {
    name,
    round,
    algorithm: algorithm === undefined ? undefined : formatAlgorithm(algorithm),
  });
  const watched = {
    ...control,
    signal: anyOf(control.signal, broken, earlyEnd?.signal),
    onProgress:
      control.onProgress === undefined && earlyEnd === undefined
        ? undefined
        : (progress: LoadProgress) => {
            control.onProgress?.(progress);
            earlyEnd?.look(progress);
          },
    onStart: (originUs: number) => {
      drill?.start(originUs);
      earlyEnd?.start();
    },
    onSample: (sample: Sample) => {
      control.onSample?.(sample);
      drill?.record(sample);
      model?.record(sample);
      affinity?.record(sample);
    },
  };
  const measured = await engine.run(job, watched).catch(async (error) => {
    await drill?.end(true);
    throw error;
  });
  if (broken?.aborted && !control.signal?.aborted) {
    await drill?.end(true);
    throw broken.reason;
  }
  const ended = earlyEnd?.warning;
  // Nobody interrupted a run that a rule has ended: its verdict stands.
  const result =
    ended === undefined || control.signal?.aborted ? measured : { ...measured, interrupted: false };
  const drilled = await drill?.end(measured.interrupted);
  const modelled = model?.result(measured);
  const logged = await log?.read(measured, control.signal);
  const complaints = (await lab?.complaints()) ?? [];
  const scheme = await wrongScheme(plan, measured.tally);
  return runReportOf(plan, result, {
    name,
    round,
    algorithm: algorithm === undefined ? undefined : formatAlgorithm(algorithm),
    balancer: lab?.balancer ?? targetName(target, plan.pool),
    engine: engine.name,
    skewLimit: skewLimitOf(rulesOf(plan)),
    failover: drilled?.failover,
    prediction: modelled?.prediction,
    affinity: affinity?.report(),
    log: logged,
    warnings: [
      ...warnings,
      ...scheme,
      ...complaints.map((text): Warning => ({ code: 'lab', text })),
      ...(ended === undefined ? [] : [ended]),
      ...(drilled?.warnings ?? []),
      ...(modelled?.warnings ?? []),
    ],
  });
}

/** Watches whether the turns of sessions stay on their backends; `undefined` without sessions of several turns. */
function affinityOf({ sessions: plan, seed }: Plan) {
  if (plan === undefined || plan.turns < 2) return undefined;
  const sessions = new Sessions(plan, seed);
  const affinity = new Affinity();
  return {
    record({ index, backend }: Sample): void {
      const { session, turn } = sessions.turnOf(index);
      if (backend !== null) affinity.record(session, backend, turn === plan.turns - 1);
    },
    report: () => affinity.report(),
  };
}

function anyOf(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}

const logPlaces = { log: 'attribution.log', format: 'attribution.format' };

/** Puts a report together from runs, and judges the plan's thresholds on them. */
export function reportOf(
  plan: Plan,
  startedAt: Date,
  runs: readonly RunReport[],
  baseline?: readonly RunReport[] | undefined,
): Report {
  return {
    schema: 'lbbench.report/1',
    tool: toolInfo(),
    startedAt: startedAt.toISOString(),
    seed: plan.seed,
    scenario: describePlan(plan),
    runs,
    ...judge(rulesOf(plan), runs, baseline),
    advice: adviceOn(runs),
  };
}

async function baselineOf({ baseline }: Plan): Promise<readonly RunReport[] | undefined> {
  if (baseline === undefined) return undefined;
  const { readSavedReport } = await import('./saved-report.js');
  return readSavedReport(baseline, baseline).runs;
}

/** The rules that a plan's runs are judged by. */
export function rulesOf({ thresholds }: Plan): Rule[] {
  return thresholds.map(({ rule }) => rule);
}
