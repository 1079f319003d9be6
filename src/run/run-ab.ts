import { nativeEngine } from '../engine/native/native-engine.js';
import type { AbDisplay, AbFigures, AbSample } from '../model/ab-figures.js';
import type { Plan, Target } from '../model/plan.js';
import type { Report } from '../model/report.js';
import type { AbOptions } from '../scenario/ab/options.js';
import { poolWeights } from '../scenario/resolve/expected.js';
import { checkRulesOfOneRun } from '../verdict/check-rule.js';
import { skewLimitOf } from '../verdict/evaluate.js';
import { abFiguresOf } from './ab-figures.js';
import { namesOf } from './expected-pool.js';
import { loadJobOf } from './load-job.js';
import { RunLog } from './log/run-log.js';
import type { RunControl } from './run-control.js';
import { runReportOf, targetName } from './run-report.js';
import { reportOf, rulesOf } from './run-scenario.js';
import { poolIn, readConfiguration } from './simulate/read-pool.js';
import { wrongScheme } from './wrong-scheme.js';

export interface AbRun {
  readonly figures: AbFigures;
  readonly report: Report;
}

/**
 * The plan with what an upstream block of nginx's configuration expects of the backends.
 *
 * @throws LbbenchError when it is not clear which block is meant, and for a rule on a backend that is not in it
 */
export async function withExpectation(
  plan: Plan,
  { confFile, upstream }: Pick<AbOptions, 'confFile' | 'upstream'>,
): Promise<Plan> {
  const pool =
    confFile === undefined
      ? undefined
      : (await poolIn(readConfiguration(confFile), confFile, upstream, '--upstream')).upstream;
  const expected = pool === undefined ? plan.expected : poolWeights(pool.servers);
  checkRulesOfOneRun(rulesOf(plan), expected, 'run');
  return { ...plan, expected, pool };
}

/**
 * Runs what `abPlan` made of ab's flags.
 *
 * @param keepSamples keeps every request, for ab's `-g` file
 * @throws LbbenchError when the target's name does not resolve
 */
export async function runAb(
  plan: Plan,
  display: AbDisplay,
  url: { readonly host: string; readonly port: number; readonly path: string },
  keepSamples: boolean,
  control: RunControl = {},
): Promise<AbRun> {
  const startedAt = new Date();
  const target = plan.target as Target;
  const samples: AbSample[] = [];
  const poolNames = plan.pool === undefined ? [] : [plan.pool.name];
  const names = { backends: namesOf(plan.expected ?? []), pools: poolNames };
  const log =
    plan.attribution.by === 'log' ? await RunLog.open(plan.attribution, logPlaces, names) : undefined;
  const job = loadJobOf(plan, target, {
    runId: log?.runId,
    poolNames,
    likeAb: true,
    samples: keepSamples || control.onSample !== undefined,
  });
  const result = await nativeEngine.run(job, {
    signal: control.signal,
    onProgress: control.onProgress,
    onSample: (sample) => {
      control.onSample?.(sample);
      if (!keepSamples || sample.outcome !== 'response') return;
      const connectUs = Math.round((sample.connect ?? 0) * 1000);
      samples.push({
        startedAtUs: Math.round((startedAt.getTime() + sample.start) * 1000),
        connectUs,
        waitingUs: Math.max(0, Math.round((sample.ttfb ?? 0) * 1000) - connectUs),
        totalUs: Math.round(sample.service * 1000),
      });
    },
  });
  const run = runReportOf(plan, result, {
    name: plan.name,
    algorithm: undefined,
    balancer: targetName(target, plan.pool),
    engine: nativeEngine.name,
    skewLimit: skewLimitOf(rulesOf(plan)),
    log: await log?.read(result, control.signal),
    warnings: await wrongScheme(plan, result.tally),
  });
  return {
    figures: abFiguresOf(plan, result, run, keepSamples ? samples : undefined, display, url),
    report: reportOf(plan, startedAt, [run]),
  };
}

const logPlaces = { log: '--log', format: '--log-format' };
