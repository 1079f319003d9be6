import { Worker } from 'node:worker_threads';
import { tallyFor } from '../job-tally.js';
import type { LoadControl, LoadJob, LoadProgress } from '../load-job.js';
import { nowUs } from '../monotonic-clock.js';
import { SharedPool } from '../request-pool.js';
import type { Crew, CrewResult } from './crew.js';
import { SampleOrder } from './sample-order.js';
import type { MessageFromThread, MessageToThread, ThreadInput, ThreadOutput } from './thread-messages.js';

/** Time between "all ready" and the start, so that the message reaches every thread before it. */
const leadUs = 5_000;

/** Runs a job on several worker threads that draw from one pool and keep step from phase to phase. */
export class ThreadTeam implements Crew {
  readonly #workers: Worker[];
  readonly #progress: (LoadProgress | undefined)[];
  /** `undefined` when nobody wants samples. */
  readonly #order: SampleOrder | undefined;
  #ready = 0;
  #phasesLeft: number;

  constructor(
    readonly job: LoadJob,
    address: string,
    readonly control: Pick<LoadControl, 'onSample' | 'onStart'>,
  ) {
    const { onSample } = control;
    this.#order = onSample && new SampleOrder(job.threads, onSample);
    this.#phasesLeft = job.load.warmup === undefined ? 1 : 2;
    const memory = { warmup: SharedPool.memory(), run: SharedPool.memory() };
    this.#progress = new Array(job.threads);
    this.#workers = Array.from({ length: job.threads }, (_, index) => {
      const workerData: ThreadInput = { job, part: { index, count: job.threads, memory }, address };
      return new Worker(new URL('./thread-main.js', import.meta.url), { workerData });
    });
  }

  async run(): Promise<CrewResult> {
    try {
      const outputs = await Promise.all(this.#workers.map((worker, index) => this.#resultOf(worker, index)));
      const tally = tallyFor(this.job);
      for (const output of outputs) tally.addData(output.tally);
      return { tally, parts: outputs };
    } finally {
      await Promise.all(this.#workers.map((worker) => worker.terminate()));
    }
  }

  stop(): void {
    this.#broadcast({ type: 'stop' });
  }

  /** All threads' progress put together. */
  progress(): LoadProgress {
    const known = this.#progress.filter((progress) => progress !== undefined);
    const backends = new Map<string, number>();
    for (const progress of known) {
      for (const { address, count } of progress.backends)
        backends.set(address, (backends.get(address) ?? 0) + count);
    }
    const p99s = known.map(({ p99Ms }) => p99Ms).filter((p99Ms) => p99Ms !== undefined);
    return {
      elapsedMs: Math.max(0, ...known.map(({ elapsedMs }) => elapsedMs)),
      ended: known.reduce((sum, { ended }) => sum + ended, 0),
      failed: known.reduce((sum, { failed }) => sum + failed, 0),
      errors: known.reduce((sum, { errors }) => sum + errors, 0),
      p99Ms: p99s.length === 0 ? undefined : Math.max(...p99s),
      backends: [...backends].map(([address, count]) => ({ address, count })),
    };
  }

  #resultOf(worker: Worker, index: number): Promise<ThreadOutput> {
    return new Promise((resolve, reject) => {
      worker.on('error', reject);
      worker.on('exit', () => reject(new Error('a worker thread ended without a result')));
      worker.on('message', (message: MessageFromThread) => {
        if (message.type === 'ready') this.#onReady();
        else if (message.type === 'progress') this.#progress[index] = message.progress;
        else if (message.type === 'samples') this.#order?.add(index, message.samples, message.untilMs);
        else resolve(message.output);
      });
    });
  }

  #onReady(): void {
    this.#ready++;
    if (this.#ready < this.#workers.length) return;
    this.#ready = 0;
    const originUs = nowUs() + leadUs;
    this.#broadcast({ type: 'go', originUs });
    this.#phasesLeft--;
    if (this.#phasesLeft === 0) this.control.onStart?.(originUs);
  }

  #broadcast(message: MessageToThread): void {
    for (const worker of this.#workers) worker.postMessage(message);
  }
}
