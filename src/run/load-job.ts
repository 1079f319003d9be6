import type { LoadJob } from '../engine/load-job.js';
import type { Plan, Target } from '../model/plan.js';
import { version } from './tool.js';

/** What the engine must know of a plan for one run. */
export function loadJobOf(
  plan: Plan,
  target: Target,
  options: {
    readonly poolNames: readonly string[];
    /** As ab does it: its columns, and what it does on a connection that was closed between two requests. */
    readonly likeAb?: boolean;
    readonly samples?: boolean;
    /** Marks the requests, for a run that is attributed by log. */
    readonly runId?: string | undefined;
  },
): LoadJob {
  return {
    target,
    load: plan.load,
    requests: plan.requests,
    data: plan.data,
    sessions: plan.sessions,
    attribution: plan.attribution,
    seed: plan.seed,
    threads: plan.threads,
    userAgent: `lbbench/${version}`,
    runId: options.runId,
    poolNames: options.poolNames,
    knownBackends: plan.expected?.map(({ address }) => address) ?? [],
    slo: plan.slo,
    abColumns: options.likeAb ?? false,
    resendsUnseen: options.likeAb ?? false,
    samples: options.samples ?? false,
  };
}
