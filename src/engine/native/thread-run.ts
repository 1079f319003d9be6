import type { LoadPlan } from '../../model/plan.js';
import type { Sample } from '../../model/sample.js';
import { prepareHistograms } from '../../tally/latency-histogram.js';
import type { TallyData } from '../../tally/tally.js';
import { BlockMemory, BlockPool, poolEmpty } from '../block-pool.js';
import { Lease, type LeaseData } from '../lease.js';
import type { FirstResponse, LoadJob, LoadProgress, WireUse } from '../load-job.js';
import { LoadStages } from '../load-stages.js';
import { nowUs } from '../monotonic-clock.js';
import { LocalPool, type RequestPool, SharedPool } from '../request-pool.js';
import { Schedule } from '../schedule.js';
import { warmupIndexBase } from '../warmup.js';
import { ClosedPacer, type Places } from './closed-pacer.js';
import { LoadLoop } from './load-loop.js';
import { OpenPacer } from './open-pacer.js';
import { type OpenedWire, openWire } from './open-wire.js';
import type { Pacer } from './pacer.js';
import type { PhaseResult } from './phase-result.js';
import { rehearse } from './rehearsal.js';

/** One of so many parts that a load is divided into. */
export interface Share {
  readonly index: number;
  readonly count: number;
}

/** Which part of a job a thread does. */
export interface ThreadPart extends Share {
  /** Counters shared by all threads, one a phase; `undefined` on a single thread. */
  readonly memory: { readonly warmup: SharedArrayBuffer; readonly run: SharedArrayBuffer } | undefined;
  /** What this process does of a load that several send together; `undefined` for all of it. */
  readonly seat?: SeatData | undefined;
}

/** A process's part of a load that several send together, in a form that survives a structured clone. */
export interface SeatData extends Share {
  readonly lease: LeaseData;
  /** Where a run of so many requests in the closed model takes their numbers from. */
  readonly blocks: { readonly memory: SharedArrayBuffer; readonly blockSize: number } | undefined;
}

/** How a thread keeps step with the others and is watched. */
export interface ThreadHooks {
  /** Resolves when every thread has come this far, with the moment on the shared clock that the phase counts from. */
  barrier(): Promise<number>;
  readonly onSample: ((sample: Sample) => void) | undefined;
  /** A block of numbers has been begun: it is time to fetch another. Only of a seat with blocks. */
  readonly onBlock?: (() => void) | undefined;
}

/** What the generator itself was like during the run. */
export interface GeneratorHealth {
  /** Part of the time this thread was busy, 0 to 1. */
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
  readonly wire: WireUse;
  readonly health: GeneratorHealth;
}

/** One thread's part of a native run: warm-up, then the run itself, on the same connections. */
export class ThreadRun {
  readonly #wire: OpenedWire;
  readonly #loop: LoadLoop;
  readonly #stop = new AbortController();
  #isMeasuring = false;

  private constructor(
    readonly job: LoadJob,
    readonly part: ThreadPart,
    wire: OpenedWire,
    readonly hooks: ThreadHooks,
  ) {
    this.#wire = wire;
    this.#loop = new LoadLoop(job, wire);
  }

  static async prepare(
    job: LoadJob,
    part: ThreadPart,
    address: string,
    hooks: ThreadHooks,
  ): Promise<ThreadRun> {
    await prepareHistograms();
    return new ThreadRun(job, part, await openWire(job.target, job.load, address), hooks);
  }

  async run(): Promise<ThreadResult> {
    const { job } = this;
    await rehearse(job, this.#wire.use.name, this.#stop.signal);
    let warmup: ThreadResult['warmup'];
    if (job.load.warmup !== undefined) {
      this.#loop.enter('warm-up');
      const result = await this.#loop.runPhase(this.#warmupPacer(), await this.hooks.barrier());
      warmup = { started: result.tally.ended, responses: result.tally.responses };
    }
    this.#loop.enter('run');
    const origin = await this.hooks.barrier();
    const pacer = this.#pacer('run', job.load.requests, job.load.durationMs, 0);
    this.#isMeasuring = true;
    const { wire } = this.#wire;
    const busyBeforeUs = wire.busyUs;
    const startedUs = nowUs();
    const run = await this.#loop.runPhase(pacer, origin, this.hooks.onSample);
    const busyRatio = Math.min(1, (wire.busyUs - busyBeforeUs) / Math.max(1, nowUs() - startedUs));
    this.#loop.close();
    wire.close();
    const open = pacer instanceof OpenPacer ? pacer : undefined;
    return {
      run,
      warmup,
      first: this.#loop.observer.first,
      interrupted: this.#stop.signal.aborted,
      wire: this.#wire.use,
      health: { busyRatio, starts: open?.starts ?? 0, lateStarts: open?.lateStarts ?? 0 },
    };
  }

  stop(): void {
    this.#stop.abort();
    this.#loop.stop();
  }

  /** More numbers have come for a pool that had none. */
  refill(): void {
    this.#loop.refill();
  }

  progress(): LoadProgress {
    return this.#loop.progress();
  }

  /** What was measured of the run itself so far, as of a run that ended now; `undefined` before it begins. */
  snapshot(): TallyData | undefined {
    return this.#isMeasuring ? this.#loop.snapshot() : undefined;
  }

  #warmupPacer(): Pacer {
    const { warmup } = this.job.load;
    return warmup === undefined || 'requests' in warmup
      ? this.#pacer('warmup', warmup?.requests ?? 0, undefined, warmupIndexBase)
      : this.#pacer('warmup', undefined, warmup.durationMs, warmupIndexBase);
  }

  #pacer(
    phase: PhaseName,
    requests: number | undefined,
    durationMs: number | undefined,
    indexBase: number,
  ): Pacer {
    const { job, part } = this;
    const { seat } = part;
    const lease = seat && new Lease(seat.lease);
    const whole = seat ?? { index: 0, count: 1 };
    const size = requests ?? Number.POSITIVE_INFINITY;
    const durationUs = durationMs === undefined ? Number.POSITIVE_INFINITY : durationMs * 1000;
    const own = (places: number) => share(share(places, whole), part);
    if (job.load.model === 'open') {
      const schedule = new Schedule(
        job.load,
        job.seed,
        whole.index + whole.count * part.index,
        whole.count * part.count,
      );
      return new OpenPacer(schedule, own(job.load.concurrency), size, durationUs, indexBase, lease);
    }
    return new ClosedPacer(
      placesOf(job.load, phase, own),
      leased(this.#pool(phase, size, whole, indexBase), lease),
      durationUs,
    );
  }

  #pool(phase: PhaseName, size: number, whole: Share, indexBase: number): RequestPool {
    const { part, hooks } = this;
    const blocks = part.seat?.blocks;
    if (phase === 'run' && blocks !== undefined) {
      return new BlockPool(
        new BlockMemory(size, blocks.blockSize, blocks.memory),
        hooks.onBlock ?? (() => {}),
      );
    }
    const memory = part.memory?.[phase];
    const own = Number.isFinite(size) ? share(size, whole) : size;
    const pool = memory === undefined ? new LocalPool(own) : new SharedPool(own, memory);
    return whole.count === 1 && indexBase === 0 ? pool : spread(pool, whole, indexBase);
  }
}

type PhaseName = 'warmup' | 'run';

/** The places of a part; a warm-up has those that the run begins with. */
function placesOf(
  { stages, concurrency }: LoadPlan,
  phase: PhaseName,
  own: (places: number) => number,
): Places {
  if (stages !== undefined && phase === 'run') {
    const whole = new LoadStages(stages);
    return { placesAt: (us) => own(whole.placesAt(us)), nextChangeUs: (us) => whole.nextChangeUs(us) };
  }
  const places = own(Math.max(1, stages?.[0]?.from ?? concurrency));
  return { placesAt: () => places, nextChangeUs: () => Number.POSITIVE_INFINITY };
}

/** A part's share of a number of things; the first parts take what does not divide. */
export function share(places: number, { index, count }: Share): number {
  return Math.floor(places / count) + (index < places % count ? 1 : 0);
}

/** Every so manieth number, beginning with the part's own, from a base on. */
function spread(pool: RequestPool, { index: first, count }: Share, base: number): RequestPool {
  return {
    claim: () => {
      const index = pool.claim();
      return index < 0 ? index : base + first + count * index;
    },
  };
}

/** Empty once the lease is over. */
function leased(pool: RequestPool, lease: Lease | undefined): RequestPool {
  return lease === undefined ? pool : { claim: () => (lease.isOver ? poolEmpty : pool.claim()) };
}
