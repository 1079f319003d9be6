import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { LbbenchError } from '../../model/fault.js';
import type { OpenStream } from '../source/read-stream.js';
import { LogReader } from './log-reader.js';
import { PartMerger } from './merge-parts.js';
import type { LogPart, PartResult, ReaderData } from './part-result.js';
import type { ThreadAnswer, ThreadTask } from './part-thread.js';
import type { LogQuery } from './query.js';
import { readPart } from './read-part.js';

/**
 * Reads parts on one or several threads, of which the calling one is the first: it is at work while the others still
 * start. Each thread keeps one set of books for all of its parts, so what is held does not grow with the log.
 *
 * @param open only the calling thread opens streams, so parts that are streams must be read on one thread
 */
export async function readParts(
  query: LogQuery,
  parts: readonly LogPart[],
  threads: number,
  open: OpenStream,
  onBytes: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<PartMerger> {
  const merger = new PartMerger(query);
  const results = new Map<number, PartResult>();
  let next = 0;
  let merged = 0;
  const work = async (read: (part: LogPart) => Promise<PartResult>) => {
    while (next < parts.length && signal?.aborted !== true) {
      const index = next++;
      results.set(index, await read(parts[index] as LogPart));
      for (let ready = results.get(merged); ready !== undefined; ready = results.get(merged)) {
        merger.addPart(parts[merged] as LogPart, ready);
        results.delete(merged++);
      }
    }
  };
  const workers = Array.from(
    { length: Math.min(threads, parts.length) - 1 },
    () => new Worker(threadModule(), { workerData: query }),
  );
  const reader = new LogReader(query);
  try {
    await Promise.all([
      work((part) => readPart(reader, part, open, onBytes)),
      ...workers.map(async (worker) => {
        await work(async (part) => (await ask(worker, { type: 'read', part }, onBytes)) as PartResult);
        if (signal?.aborted !== true)
          merger.addData((await ask(worker, { type: 'finish' }, onBytes)) as ReaderData);
      }),
    ]);
    signal?.throwIfAborted();
    merger.addData(reader.toData());
    return merger;
  } finally {
    // Where one has failed, the others begin no more parts.
    next = parts.length;
    reader.release();
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** Gives a thread something to do and waits for its result. */
function ask(
  worker: Worker,
  task: ThreadTask,
  onBytes: (bytes: number) => void,
): Promise<PartResult | ReaderData> {
  return new Promise((resolve, reject) => {
    const onError = (error: unknown) => finish(() => reject(error));
    const onExit = () => finish(() => reject(new Error('a worker thread ended without a result')));
    const onMessage = (answer: ThreadAnswer) => {
      if (answer.type === 'bytes') onBytes(answer.bytes);
      else if (answer.type === 'result') finish(() => resolve(answer.result));
      else if (answer.type === 'fault') finish(() => reject(new LbbenchError(answer.kind, answer.faults)));
      else finish(() => reject(answer.error));
    };
    const finish = (settle: () => void) => {
      worker.off('error', onError).off('exit', onExit).off('message', onMessage);
      settle();
    };
    worker.on('error', onError).on('exit', onExit).on('message', onMessage);
    worker.postMessage(task);
  });
}

/** Node runs compiled JavaScript only; sources under test use the build's. */
function threadModule(): string {
  const path = fileURLToPath(new URL('./part-thread.js', import.meta.url));
  return import.meta.url.endsWith('.ts') ? path.replace(/([\\/])src([\\/]accesslog[\\/])/, '$1dist$2') : path;
}
