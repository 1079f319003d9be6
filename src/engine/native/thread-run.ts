import { performance } from 'node:perf_hooks';
import type { Sample } from '../../model/sample.js';
import { prepareHistograms } from '../../tally/latency-histogram.js';
import type { FirstResponse, LoadJob, LoadProgress } from '../load-job.js';
import { LocalPool, type RequestPool, SharedPool } from '../request-pool.js';
import { Schedule } from '../schedule.js';
import { warmupIndexBase } from '../warmup.js';
import { ClosedPacer } from './closed-pacer.js';
import { LoadLoop } from './load-loop.js';
import { OpenPacer } from './open-pacer.js';
import type { Pacer } from './pacer.js';
import type { PhaseResult } from './phase-result.js';

/** Which part of a job a thread does. */
export interface ThreadPart {
  readonly index: number;
  readonly count: number;
  /** Counters shared by all threads, one a phase; `undefined` on a single thread. */
  readonly memory: { readonly warmup: SharedArrayBuffer; readonly run: SharedArrayBuffer } | undefined;
}

/** How a thread keeps step with the others and is watched. */
export interface ThreadHooks {
  /** Resolves when every thread has come this far, with the moment on the shared clock that the phase counts from. */
  barrier(): Promise<number>;
  readonly onSample: ((sample: Sample) => void) | undefined;
}

/** What the generator itself was like during the run. */
export interface GeneratorHealth {
  /** Part of the time this thread's event loop was busy, 0 to 1. */
  readonly busyRatio: number;
  readonly starts: number;
  /** Starts made late although a place was free; open model only. */
  readonly lateStarts: number;
}

export interface ThreadResult {
  readonly run: PhaseResult;
  readonly warmup: { readonly started: number; readonly responses: number } | undefined;
  readonly first: FirstResponse | undefined;
  readonly interrupted: boolean;
  readonly health: GeneratorHealth;
}

/** One thread's part of a native run: warm-up, then the run itself, on the same connections. */
export class ThreadRun {
  readonly #loop: LoadLoop;
  #stopped = false;

  private constructor(
    readonly job: LoadJob,
    readonly part: ThreadPart,
    address: string,
    readonly hooks: ThreadHooks,
  ) {
    this.#loop = new LoadLoop(job, address);
  }

  static async prepare(
    job: LoadJob,
    part: ThreadPart,
    address: string,
    hooks: ThreadHooks,
  ): Promise<ThreadRun> {
    await prepareHistograms();
    return new ThreadRun(job, part, address, hooks);
  }

  async run(): Promise<ThreadResult> {
    const { job } = this;
    let warmup: ThreadResult['warmup'];
    if (job.load.warmup !== undefined) {
      this.#loop.enter('warm-up');
      const result = await this.#loop.runPhase(this.#warmupPacer(), await this.hooks.barrier());
      warmup = { started: result.tally.ended, responses: result.tally.responses };
    }
    this.#loop.enter('run');
    const origin = await this.hooks.barrier();
    const pacer = this.#pacer('run', job.load.requests, job.load.durationMs, 0);
    const busyBefore = performance.eventLoopUtilization();
    const run = await this.#loop.runPhase(pacer, origin, this.hooks.onSample);
    const busy = performance.eventLoopUtilization(busyBefore);
    this.#loop.close();
    const open = pacer instanceof OpenPacer ? pacer : undefined;
    return {
      run,
      warmup,
      first: this.#loop.observer.first,
      interrupted: this.#stopped,
      health: { busyRatio: busy.utilization, starts: open?.starts ?? 0, lateStarts: open?.lateStarts ?? 0 },
    };
  }

  stop(): void {
    this.#stopped = true;
    this.#loop.stop();
  }

  progress(): LoadProgress {
    return this.#loop.progress();
  }

  #warmupPacer(): Pacer {
    const { warmup } = this.job.load;
    return warmup === undefined || 'requests' in warmup
      ? this.#pacer('warmup', warmup?.requests ?? 0, undefined, warmupIndexBase)
      : this.#pacer('warmup', undefined, warmup.durationMs, warmupIndexBase);
  }

  #pacer(
    phase: 'warmup' | 'run',
    requests: number | undefined,
    durationMs: number | undefined,
    indexBase: number,
  ): Pacer {
    const { job, part } = this;
    const size = requests ?? Number.POSITIVE_INFINITY;
    const durationUs = durationMs === undefined ? Number.POSITIVE_INFINITY : durationMs * 1000;
    const concurrency = share(job.load.concurrency, part);
    if (job.load.model === 'open') {
      const schedule = new Schedule(
        job.load.ratePerSec as number,
        job.load.arrivals,
        job.seed,
        part.index,
        part.count,
      );
      return new OpenPacer(schedule, concurrency, size, durationUs, indexBase);
    }
    const memory = part.memory?.[phase];
    const pool: RequestPool = memory === undefined ? new LocalPool(size) : new SharedPool(size, memory);
    return new ClosedPacer(concurrency, indexBase === 0 ? pool : shifted(pool, indexBase), durationUs);
  }
}

/** This thread's share of a number of places; the first threads take what does not divide. */
function share(places: number, { index, count }: ThreadPart): number {
  return Math.floor(places / count) + (index < places % count ? 1 : 0);
}

function shifted(pool: RequestPool, base: number): RequestPool {
  return {
    claim: () => {
      const index = pool.claim();
      return index < 0 ? index : index + base;
    },
  };
}
