import { Worker } from 'node:worker_threads';
import { LbbenchError } from '../../model/fault.js';
import type { Tally, TallyData } from '../../tally/tally.js';
import { tallyFor } from '../job-tally.js';
import type { LoadControl, LoadJob, LoadProgress } from '../load-job.js';
import { mergedProgress } from '../load-progress.js';
import { nowUs } from '../monotonic-clock.js';
import { SharedPool } from '../request-pool.js';
import type { Crew, CrewResult } from './crew.js';
import { SampleOrder } from './sample-order.js';
import type { MessageFromThread, MessageToThread, ThreadInput, ThreadOutput } from './thread-messages.js';
import type { SeatData } from './thread-run.js';

/** Time between "all ready" and the start, so that the message reaches every thread before it. */
const leadUs = 5_000;

/** How a team takes part in a load that several processes send together. */
export interface TeamPlace {
  readonly seat: SeatData;
  /** All threads are ready for a phase. Resolves with the moment of this process's clock that the phase counts from. */
  origin(): Promise<number>;
  /** A block of numbers has been begun: it is time to fetch another. */
  onBlock(): void;
}

/** Runs a job on several worker threads that draw from one pool and keep step from phase to phase. */
export class ThreadTeam implements Crew {
  readonly #workers: Worker[];
  readonly #progress: (LoadProgress | undefined)[];
  /** `undefined` when nobody wants samples. */
  readonly #order: SampleOrder | undefined;
  #ready = 0;
  readonly #failure: Promise<never>;
  #fail!: (reason: unknown) => void;
  /** What each thread's tally came to, once it has ended. */
  readonly #ended: TallyData[] = [];
  readonly #snapshots: ((tally: TallyData | undefined) => void)[][] = [];
  #phasesLeft: number;

  constructor(
    readonly job: LoadJob,
    address: string,
    readonly control: Pick<LoadControl, 'onSample' | 'onStart'>,
    readonly place?: TeamPlace | undefined,
  ) {
    this.#failure = new Promise((_, reject) => {
      this.#fail = reject;
    });
    const { onSample } = control;
    this.#order = onSample && new SampleOrder(job.threads, onSample);
    this.#phasesLeft = job.load.warmup === undefined ? 1 : 2;
    const memory = { warmup: SharedPool.memory(), run: SharedPool.memory() };
    this.#progress = new Array(job.threads);
    this.#workers = Array.from({ length: job.threads }, (_, index) => {
      const workerData: ThreadInput = {
        job,
        part: { index, count: job.threads, memory, seat: place?.seat },
        address,
      };
      return new Worker(new URL('./thread-main.js', import.meta.url), { workerData });
    });
  }

  async run(): Promise<CrewResult> {
    try {
      const results = Promise.all(this.#workers.map((worker, index) => this.#resultOf(worker, index)));
      const outputs = await Promise.race([results, this.#failure]);
      const tally = tallyFor(this.job);
      for (const output of outputs) tally.addData(output.tally);
      return { tally, parts: outputs.map(({ tally: _, ...summary }) => summary) };
    } finally {
      await Promise.all(this.#workers.map((worker) => worker.terminate()));
    }
  }

  stop(): void {
    this.#broadcast({ type: 'stop' });
  }

  progress(): LoadProgress {
    return mergedProgress(this.#progress.filter((progress) => progress !== undefined));
  }

  /** More numbers have come for a pool that had none. */
  refill(): void {
    this.#broadcast({ type: 'refill' });
  }

  /** What all threads have measured so far, as of a run that ended now; `undefined` before it has begun. */
  async snapshot(): Promise<Tally | undefined> {
    const asked = this.#workers.map(
      (_, index) =>
        new Promise<TallyData | undefined>((resolve) => {
          if (this.#ended[index] !== undefined) resolve(this.#ended[index]);
          else this.#snapshots[index] = [...(this.#snapshots[index] ?? []), resolve];
        }),
    );
    this.#broadcast({ type: 'snapshot' });
    const parts = (await Promise.all(asked)).filter((part) => part !== undefined);
    if (parts.length === 0) return undefined;
    const tally = tallyFor(this.job);
    for (const part of parts) tally.addData(part);
    return tally;
  }

  #resultOf(worker: Worker, index: number): Promise<ThreadOutput> {
    return new Promise((resolve, reject) => {
      worker.on('error', reject);
      worker.on('exit', () => reject(new Error('a worker thread ended without a result')));
      worker.on('message', (message: MessageFromThread) => {
        if (message.type === 'refused') reject(new LbbenchError(message.kind, message.faults));
        else if (message.type === 'ready') this.#onReady().catch(this.#fail);
        else if (message.type === 'block') this.place?.onBlock();
        else if (message.type === 'snapshot') this.#snapshots[index]?.shift()?.(message.tally);
        else if (message.type === 'progress') this.#progress[index] = message.progress;
        else if (message.type === 'samples') this.#order?.add(index, message.samples, message.untilMs);
        else {
          // It answers no more, and has ended all it began.
          this.#ended[index] = message.output.tally;
          for (const answer of this.#snapshots[index] ?? []) answer(message.output.tally);
          resolve(message.output);
        }
      });
    });
  }

  async #onReady(): Promise<void> {
    this.#ready++;
    if (this.#ready < this.#workers.length) return;
    this.#ready = 0;
    const originUs = this.place === undefined ? nowUs() + leadUs : await this.place.origin();
    this.#broadcast({ type: 'go', originUs });
    this.#phasesLeft--;
    if (this.#phasesLeft === 0) this.control.onStart?.(originUs);
  }

  #broadcast(message: MessageToThread): void {
    for (const worker of this.#workers) worker.postMessage(message);
  }
}
