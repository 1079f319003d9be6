import { prepareHistograms } from '../../tally/latency-histogram.js';
import { resolveTarget } from '../dial.js';
import { generatorWarnings, standstillWarnings } from '../generator-warnings.js';
import type { Engine, GeneratorLateness, LoadControl, LoadJob, LoadResult, WireUse } from '../load-job.js';
import { nowUs } from '../monotonic-clock.js';
import { secureContextOf } from '../tls-settings.js';
import type { Crew, CrewResult } from './crew.js';
import { mayBlock } from './open-wire.js';
import { ThreadRun } from './thread-run.js';
import { summaryOf } from './thread-summary.js';
import { ThreadTeam } from './thread-team.js';

const progressEveryMs = 250;

/** lbbench's own HTTP/1.1 client over io_uring, epoll, or `node:net` and `node:tls`; `docs/engines.md` says why. */
export const nativeEngine: Engine = {
  name: 'native',

  async run(asked: LoadJob, control: LoadControl): Promise<LoadResult> {
    // A thread without a connection of its own would have nothing to do, and never end.
    const job = { ...asked, threads: Math.min(asked.threads, asked.load.concurrency) };
    await prepareHistograms();
    // What OpenSSL refuses is told before anything starts.
    if (job.target.tls !== undefined) secureContextOf(job.target.tls);
    const address = await resolveTarget(job.target, control.signal);
    const isAlone = job.threads === 1 && !mayBlock(job.load.wire ?? 'auto', job.target);
    const crew = isAlone ? await alone(job, address, control) : new ThreadTeam(job, address, control);
    const stop = () => crew.stop();
    control.signal?.addEventListener('abort', stop);
    if (control.signal?.aborted) stop();
    const { onProgress } = control;
    const ticker = onProgress && setInterval(() => onProgress(crew.progress()), progressEveryMs);
    const startedAtMs = Date.now();
    const startedAtUs = nowUs();
    try {
      return resultOf(job, await crew.run(), (us) => startedAtMs + (us - startedAtUs) / 1000);
    } finally {
      clearInterval(ticker);
      control.signal?.removeEventListener('abort', stop);
    }
  },
};

async function alone(job: LoadJob, address: string, control: LoadControl): Promise<Crew> {
  const part = { index: 0, count: 1, memory: undefined };
  let phasesLeft = job.load.warmup === undefined ? 1 : 2;
  const barrier = async () => {
    const originUs = nowUs();
    phasesLeft--;
    if (phasesLeft === 0) control.onStart?.(originUs);
    return originUs;
  };
  const hooks = { barrier, onSample: job.samples ? control.onSample : undefined };
  const run = await ThreadRun.prepare(job, part, address, hooks);
  return {
    run: async () => {
      const result = await run.run();
      return { tally: result.run.tally, parts: [summaryOf(result)] };
    },
    stop: () => run.stop(),
    progress: () => run.progress(),
  };
}

/** Puts the threads' results together. @param wallClockMs turns a moment of the shared clock into wall time */
export function resultOf(
  job: LoadJob,
  { tally, parts }: CrewResult,
  wallClockMs: (us: number) => number,
): LoadResult {
  const starts = parts.map(({ firstStartUs }) => firstStartUs).filter((us) => us !== undefined);
  const firstStartUs = starts.length === 0 ? undefined : Math.min(...starts);
  const lastByteUs = Math.max(...parts.map((output) => output.lastByteUs));
  const durationMs = firstStartUs === undefined ? 0 : (lastByteUs - firstStartUs) / 1000;
  const warnings = generatorWarnings(
    parts.map(({ health }) => health),
    job.load.model,
    durationMs,
    wireOf(parts)?.clock === 'kernel' ? tally : undefined,
  );
  if (parts.some(({ gaveUp }) => gaveUp)) {
    warnings.push({
      code: 'gave-up',
      text: 'no connection succeeded, so the run was given up: is the target there?',
    });
  }
  const warmups = parts.map(({ warmup }) => warmup).filter((warmup) => warmup !== undefined);
  const lateness = latenessOf(parts);
  warnings.push(...standstillWarnings(lateness.standstills));
  return {
    tally,
    lateness,
    wire: wireOf(parts),
    startedAtMs: firstStartUs === undefined ? Date.now() : wallClockMs(firstStartUs),
    durationMs,
    interrupted: parts.some(({ interrupted }) => interrupted),
    first: parts.map(({ first }) => first).find((first) => first !== undefined),
    warmup:
      warmups.length === 0
        ? undefined
        : {
            started: warmups.reduce((sum, { started }) => sum + started, 0),
            responses: warmups.reduce((sum, { responses }) => sum + responses, 0),
          },
    warnings,
  };
}

/** What all of them sent over; the least of it where they differ, as threads of other machines may. */
function wireOf(parts: CrewResult['parts']): WireUse | undefined {
  const uses = parts.map(({ wire }) => wire);
  if (uses.includes(undefined)) return undefined;
  return (
    uses.find((use) => use?.clock === 'process') ?? uses.find((use) => use?.why !== undefined) ?? uses[0]
  );
}

/** A stopped process stops all its threads: what each of them noticed was the same. */
function latenessOf(parts: CrewResult['parts']): GeneratorLateness {
  const lostUs = parts.reduce((sum, part) => sum + part.lostUs, 0);
  const all = parts.map(({ standstills }) => standstills);
  return {
    lostMs: lostUs / parts.length / 1000,
    standstills: {
      count: Math.max(...all.map(({ count }) => count)),
      longestUs: Math.max(...all.map(({ longestUs }) => longestUs)),
      requests: all.reduce((sum, { requests }) => sum + requests, 0),
    },
  };
}
