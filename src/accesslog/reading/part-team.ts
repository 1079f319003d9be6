import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { LbbenchError } from '../../model/fault.js';
import type { PartMessage } from './part-thread.js';
import type { LogQuery } from './query.js';
import type { LogPart, PartResult } from './read-part.js';

/** Reads parts on worker threads, as many at a time as there are threads. Results come in the order of the parts. */
export async function readOnThreads(
  query: LogQuery,
  parts: readonly LogPart[],
  threads: number,
  onBytes: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<PartResult[]> {
  const results = new Array<PartResult>(parts.length);
  const workers = Array.from(
    { length: Math.min(threads, parts.length) },
    () => new Worker(threadModule(), { workerData: query }),
  );
  let next = 0;
  const work = async (worker: Worker) => {
    while (next < parts.length && signal?.aborted !== true) {
      const index = next++;
      results[index] = await resultOf(worker, parts[index] as LogPart, onBytes);
    }
  };
  try {
    await Promise.all(workers.map(work));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  signal?.throwIfAborted();
  return results;
}

function resultOf(worker: Worker, part: LogPart, onBytes: (bytes: number) => void): Promise<PartResult> {
  return new Promise((resolve, reject) => {
    const onError = (error: unknown) => finish(() => reject(error));
    const onExit = () => finish(() => reject(new Error('a worker thread ended without a result')));
    const onMessage = (message: PartMessage) => {
      if (message.type === 'bytes') onBytes(message.bytes);
      else if (message.type === 'result') finish(() => resolve(message.result));
      else if (message.type === 'fault') finish(() => reject(new LbbenchError(message.kind, message.faults)));
      else finish(() => reject(message.error));
    };
    const finish = (settle: () => void) => {
      worker.off('error', onError).off('exit', onExit).off('message', onMessage);
      settle();
    };
    worker.on('error', onError).on('exit', onExit).on('message', onMessage);
    worker.postMessage(part);
  });
}

/** Node runs compiled JavaScript only; sources under test use the build's. */
function threadModule(): string {
  const path = fileURLToPath(new URL('./part-thread.js', import.meta.url));
  return import.meta.url.endsWith('.ts') ? path.replace(/([\\/])src([\\/]accesslog[\\/])/, '$1dist$2') : path;
}
