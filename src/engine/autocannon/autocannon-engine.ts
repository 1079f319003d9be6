import { Worker } from 'node:worker_threads';
import { LbbenchError } from '../../model/fault.js';
import type { Sample } from '../../model/sample.js';
import { prepareHistograms } from '../../tally/latency-histogram.js';
import { Tally, type TallyData } from '../../tally/tally.js';
import { resolveTarget } from '../dial.js';
import type { Engine, LoadControl, LoadJob, LoadProgress, LoadResult } from '../load-job.js';
import { secureContextOf } from '../tls-settings.js';
import { autocannonFaults } from './refusals.js';

/** autocannon is ended when its thread says nothing for so long: it is busy with something that has no end. */
const silenceMs = 10_000;
/** Its heap is bounded by this: heads without end are kept in it. */
const heapMegabytes = 1024;

export type FromAutocannon =
  | { readonly type: 'start'; readonly originUs: number }
  | { readonly type: 'progress'; readonly progress: LoadProgress; readonly samples: readonly Sample[] }
  | {
      readonly type: 'result';
      readonly result: Omit<LoadResult, 'tally'>;
      readonly tally: TallyData;
      readonly samples: readonly Sample[];
    }
  | { readonly type: 'failed'; readonly message: string };

/**
 * autocannon 9 on the same job and the same tally as native; `docs/engines.md` says what it can and cannot do. It runs on a
 * thread of its own that is ended when it has no end itself, or grows beyond its bounds.
 */
export const autocannonEngine: Engine = {
  name: 'autocannon',

  async run(job: LoadJob, control: LoadControl): Promise<LoadResult> {
    const faults = autocannonFaults(job);
    if (faults.length > 0) throw new LbbenchError('usage', faults);
    await prepareHistograms();
    // What OpenSSL refuses is told before anything starts.
    if (job.target.tls !== undefined) secureContextOf(job.target.tls);
    const address = await resolveTarget(job.target, control.signal);
    const worker = new Worker(new URL('./autocannon-main.js', import.meta.url), {
      workerData: { job, address },
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
    });
    const stop = () => worker.postMessage('stop');
    control.signal?.addEventListener('abort', stop);
    if (control.signal?.aborted) stop();
    try {
      return await resultOf(worker, control);
    } finally {
      control.signal?.removeEventListener('abort', stop);
      await worker.terminate();
    }
  },
};

function resultOf(worker: Worker, control: LoadControl): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const fail = (what: string) => reject(brokenDown(what));
    let silence = setTimeout(() => {}, 0);
    const listen = () => {
      clearTimeout(silence);
      silence = setTimeout(() => fail('it said nothing for 10 s'), silenceMs);
    };
    listen();
    worker.on('message', (message: FromAutocannon) => {
      listen();
      if (message.type === 'start') control.onStart?.(message.originUs);
      else if (message.type === 'failed') fail(message.message);
      else {
        for (const sample of message.samples) control.onSample?.(sample);
        if (message.type === 'progress') control.onProgress?.(message.progress);
        else {
          clearTimeout(silence);
          resolve({ ...message.result, tally: Tally.from(message.tally) });
        }
      }
    });
    worker.on('error', (error) => {
      clearTimeout(silence);
      const isFull = (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
      fail(isFull ? `it took more than ${heapMegabytes} MB` : error.message);
    });
    worker.on('exit', () => {
      clearTimeout(silence);
      fail('it ended without a result');
    });
  });
}

function brokenDown(what: string): LbbenchError {
  return new LbbenchError('unmeasurable', [
    {
      path: 'engine',
      message: `expected autocannon to send the load, but it broke down: ${what}`,
      hint: 'what the server answers is too much for it; use engine: native',
    },
  ]);
}
