import { performance } from 'node:perf_hooks';
import type { Warning } from '../../model/warning.js';
import { prepareHistograms } from '../../tally/latency-histogram.js';
import { generatorWarnings } from '../generator-warnings.js';
import type { LoadControl, LoadJob, LoadResult } from '../load-job.js';
import { nowUs } from '../monotonic-clock.js';
import { markedFor } from '../run-mark.js';
import { warmupIndexBase } from '../warmup.js';
import { LoadPhase, type PhaseBounds } from './load-phase.js';

const progressEveryMs = 250;

/** How a run that goes on can be told that autocannon has thrown, out of some callback of its own. */
export interface Breakdown {
  onBreakdown: (text: string) => void;
}

/** One run of autocannon on this thread. */
export async function runAutocannon(
  job: LoadJob,
  address: string,
  control: LoadControl,
  breakdown: Breakdown,
): Promise<LoadResult> {
  await prepareHistograms();
  // Half a second of modules that nobody else needs.
  const { default: autocannon } = await import('autocannon');
  let stopped = false;
  let broken: string | undefined;
  let phase: LoadPhase | undefined;
  const stop = () => {
    stopped = true;
    phase?.stop();
  };
  breakdown.onBreakdown = (text) => {
    stopped = true;
    broken = text;
    phase?.breakDown(text);
  };
  control.signal?.addEventListener('abort', stop);
  if (control.signal?.aborted) stop();
  const play = async (bounds: PhaseBounds, watch: LoadControl = {}) => {
    const marked = markedFor(job, bounds.indexBase === warmupIndexBase ? 'warm-up' : 'run');
    phase = new LoadPhase(marked, bounds, job.samples ? watch.onSample : undefined);
    if (stopped) phase.recorder.close();
    else await phase.run(autocannon, address, watch.onStart);
    return phase;
  };
  const { onProgress } = control;
  const ticker = setInterval(() => {
    if (phase === undefined) return;
    if (phase.isStuck) breakdown.onBreakdown('it neither ended a request nor let it time out');
    onProgress?.(phase.recorder.progress(phase.elapsedUs));
  }, progressEveryMs);
  try {
    const warmup = job.load.warmup === undefined ? undefined : await play(warmupBounds(job));
    const busyBefore = performance.eventLoopUtilization();
    const run = await play(runBounds(job), control);
    const { utilization: busyRatio } = performance.eventLoopUtilization(busyBefore);
    const durationMs = durationMsOf(run);
    return {
      tally: run.recorder.tally,
      lateness: undefined,
      startedAtMs: wallClockMs(run.firstStartUs),
      durationMs,
      interrupted: stopped && broken === undefined,
      first: run.first,
      warmup: warmup && {
        started: warmup.recorder.tally.ended,
        responses: warmup.recorder.tally.responses,
      },
      warnings: [
        ...generatorWarnings([{ busyRatio, starts: 0, lateStarts: 0 }], job.load.model, durationMs),
        ...gaveUp(run),
        ...brokenDown(broken),
        notMeasured(job, run),
      ],
    };
  } finally {
    clearInterval(ticker);
    control.signal?.removeEventListener('abort', stop);
  }
}

function runBounds({ load }: LoadJob): PhaseBounds {
  return {
    requests: load.requests ?? Number.POSITIVE_INFINITY,
    durationMs: load.durationMs ?? Number.POSITIVE_INFINITY,
    indexBase: 0,
  };
}

function warmupBounds({ load }: LoadJob): PhaseBounds {
  const requests =
    load.warmup !== undefined && 'requests' in load.warmup ? load.warmup.requests : Number.POSITIVE_INFINITY;
  const durationMs =
    load.warmup !== undefined && 'durationMs' in load.warmup
      ? load.warmup.durationMs
      : Number.POSITIVE_INFINITY;
  return { requests, durationMs, indexBase: warmupIndexBase };
}

function durationMsOf({ firstStartUs, lastByteUs }: LoadPhase): number {
  return firstStartUs === undefined ? 0 : (lastByteUs - firstStartUs) / 1000;
}

/** Turns a moment of the monotonic clock into wall time. */
function wallClockMs(us: number | undefined): number {
  return us === undefined ? Date.now() : Date.now() - (nowUs() - us) / 1000;
}

function gaveUp(run: LoadPhase): Warning[] {
  return run.gaveUp
    ? [{ code: 'gave-up', text: 'no connection succeeded, so the run was given up: is the target there?' }]
    : [];
}

function brokenDown(text: string | undefined): Warning[] {
  return text === undefined
    ? []
    : [
        {
          code: 'gave-up',
          text: `autocannon broke down, so the run was given up: ${text}; engine: native goes on`,
        },
      ];
}

/** Says what of the report is empty or inexact with this engine. */
function notMeasured({ load }: LoadJob, run: LoadPhase): Warning {
  const missing = ['the time to connect', 'the time to the first byte'];
  if (load.model === 'open') {
    missing.push('the response time from the intended start, because its starts come in one burst a second');
  }
  if (run.inexactBodies > 0) {
    missing.push(`the exact length of ${run.inexactBodies} bodies that are not UTF-8`);
  }
  if (run.streams > 0) missing.push(`what is in ${run.streams} event streams, nor whether they are complete`);
  return { code: 'not-measured', text: `autocannon does not measure ${missing.join('; ')}` };
}
