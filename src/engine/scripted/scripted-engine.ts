import type { Warmup } from '../../model/plan.js';
import { prepareHistograms } from '../../tally/latency-histogram.js';
import type { Engine, LoadControl, LoadJob, LoadResult } from '../load-job.js';
import { warmupIndexBase } from '../warmup.js';
import { roundRobinScript, type Script } from './script.js';
import { type PhaseBounds, Simulation } from './simulation.js';

/** When every scripted run starts: a fixed date, so that its report never changes. */
const startedAtMs = Date.UTC(2026, 0, 1);

/**
 * An engine without sockets and clocks: it plays the load in virtual time and answers as the script says. The same
 * job gives the same figures, to the microsecond, on any machine; threads make no difference.
 *
 * @param script a pure function of a request's number and kind
 */
export function createScriptedEngine(script: Script): Engine {
  return { name: 'scripted', run: (job, control) => runScript(job, control, script) };
}

/** What `engine: scripted` is: the known backends in turn, 10 to 19 ms each, all 200. */
export const scriptedEngine: Engine = {
  name: 'scripted',
  run: (job, control) => runScript(job, control, roundRobinScript(job.knownBackends)),
};

async function runScript(job: LoadJob, control: LoadControl, script: Script): Promise<LoadResult> {
  await prepareHistograms();
  const warmup = playWarmup(job, script, control.signal);
  const bounds = {
    requests: job.load.requests ?? Number.POSITIVE_INFINITY,
    durationUs: microseconds(job.load.durationMs),
    indexBase: 0,
  };
  const simulation = new Simulation(job, script, bounds, control);
  simulation.run();
  return {
    tally: simulation.recorder.tally,
    lateness: undefined,
    startedAtMs,
    durationMs: simulation.durationUs / 1000,
    interrupted: simulation.interrupted,
    first: undefined,
    warmup,
    warnings: [],
  };
}

function playWarmup(job: LoadJob, script: Script, signal: AbortSignal | undefined): LoadResult['warmup'] {
  const { warmup } = job.load;
  if (warmup === undefined) return undefined;
  const simulation = new Simulation(job, script, warmupBounds(warmup), { signal });
  simulation.run();
  const { tally } = simulation.recorder;
  return { started: tally.ended, responses: tally.responses };
}

function warmupBounds(warmup: Warmup): PhaseBounds {
  return 'requests' in warmup
    ? { requests: warmup.requests, durationUs: Number.POSITIVE_INFINITY, indexBase: warmupIndexBase }
    : {
        requests: Number.POSITIVE_INFINITY,
        durationUs: microseconds(warmup.durationMs),
        indexBase: warmupIndexBase,
      };
}

function microseconds(ms: number | undefined): number {
  return ms === undefined ? Number.POSITIVE_INFINITY : Math.round(ms * 1000);
}
