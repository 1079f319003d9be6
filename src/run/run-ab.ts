import { nativeEngine } from '../engine/native/native-engine.js';
import type { AbDisplay, AbFigures, AbSample } from '../model/ab-figures.js';
import type { Plan, Target } from '../model/plan.js';
import type { Report } from '../model/report.js';
import { abFiguresOf } from './ab-figures.js';
import { loadJobOf } from './load-job.js';
import { RunLog } from './log/run-log.js';
import type { RunControl } from './run-control.js';
import { runReportOf } from './run-report.js';
import { reportOf } from './run-scenario.js';

export interface AbRun {
  readonly figures: AbFigures;
  readonly report: Report;
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
  const samples: AbSample[] = [];
  const log = plan.attribution.by === 'log' ? await RunLog.open(plan.attribution, logPlaces) : undefined;
  const job = loadJobOf(plan, plan.target as Target, {
    runId: log?.runId,
    poolNames: [],
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
    balancer: 'external',
    engine: nativeEngine.name,
    skewLimit: undefined,
    log: await log?.read(result),
    warnings: [],
  });
  return {
    figures: abFiguresOf(plan, result, run, keepSamples ? samples : undefined, display, url),
    report: reportOf(plan, startedAt, [run]),
  };
}

const logPlaces = { log: '--log', format: '--log-format' };
