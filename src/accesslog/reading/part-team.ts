import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { LbbenchError } from '../../model/fault.js';
import type { OpenStream } from '../source/read-stream.js';
import { lineMatcherOf } from './log-reader.js';
import type { PartMessage } from './part-thread.js';
import type { LogQuery } from './query.js';
import { type LogPart, type PartResult, readPart } from './read-part.js';

/**
 * Reads parts on several threads, of which the calling one is the first: it is at work while the others still start.
 * Results come in the order of the parts.
 */
export async function readOnThreads(
  query: LogQuery,
  parts: readonly LogPart[],
  threads: number,
  open: OpenStream,
  onBytes: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<PartResult[]> {
  const results = new Array<PartResult>(parts.length);
  const workers = Array.from(
    { length: Math.min(threads, parts.length) - 1 },
    () => new Worker(threadModule(), { workerData: query }),
  );
  const line = lineMatcherOf(query);
  let next = 0;
  const work = async (read: (part: LogPart) => Promise<PartResult>) => {
    while (next < parts.length && signal?.aborted !== true) {
      const index = next++;
      results[index] = await read(parts[index] as LogPart);
    }
  };
  try {
    await Promise.all([
      work((part) => readPart(query, part, open, line, onBytes)),
      ...workers.map((worker) => work((part) => resultOf(worker, part, onBytes))),
    ]);
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
