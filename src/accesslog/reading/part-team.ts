import { Worker } from 'node:worker_threads';
import { LbbenchError } from '../../model/fault.js';
import type { OpenStream } from '../source/read-stream.js';
import { BookReader, type Counted } from './book-reader.js';
import type { LineQuestion } from './line-question.js';
import { LogBooks, resolutionMsOf } from './log-books.js';
import { PartMerger } from './merge-parts.js';
import type { ThreadInput, ThreadMessage } from './part-thread.js';
import { type LogPart, PartClaims, type PartResult, readPart } from './parts.js';

/** How parts are read. */
export interface PartReading {
  /** The calling one among them. */
  readonly threads: number;
  /** Only the calling thread opens streams, so parts that are streams must be read on one thread. */
  readonly open: OpenStream;
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal | undefined;
}

/**
 * Reads parts on one or several threads, of which the calling one is the first: it is at work while the others still
 * start. Each thread keeps one set of books for all of its parts, so what is held does not grow with the log.
 */
export async function readParts(
  question: LineQuestion,
  parts: readonly LogPart[],
  { threads, open, onBytes, signal }: PartReading,
): Promise<PartMerger> {
  const merger = new PartMerger(question);
  const results = new Map<number, PartResult>();
  let merged = 0;
  const take = (index: number, result: PartResult) => {
    results.set(index, result);
    for (let ready = results.get(merged); ready !== undefined; ready = results.get(merged)) {
      merger.addPart(parts[merged] as LogPart, ready);
      results.delete(merged++);
    }
  };
  const memory = PartClaims.memory();
  const claims = new PartClaims(parts, memory);
  const stop = () => claims.stop();
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  const workerData: ThreadInput = { question, parts, claims: memory };
  const workers = Array.from(
    { length: Math.min(threads, parts.length) - 1 },
    () => new Worker(new URL('./part-thread.js', import.meta.url), { workerData }),
  );
  const readHere = async () => {
    const reader = new BookReader(question);
    for (const { index, part } of claims.rest()) take(index, await readPart(reader, part, open, onBytes));
    return reader.counted();
  };
  const countedBy = (worker: Worker) => countedInThread(worker, question, take, onBytes);
  try {
    const all = await Promise.all([readHere(), ...workers.map(countedBy)]);
    signal?.throwIfAborted();
    for (const counted of all) merger.addCounted(counted);
    return merger;
  } finally {
    // Where one has failed, the others begin no more parts.
    stop();
    signal?.removeEventListener('abort', stop);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** What a thread has counted in the end; its parts are told as they are read. */
function countedInThread(
  worker: Worker,
  question: LineQuestion,
  take: (index: number, result: PartResult) => void,
  onBytes: (bytes: number) => void,
): Promise<Counted> {
  return new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('exit', () => reject(new Error('a worker thread ended without a result')));
    worker.on('message', (message: ThreadMessage) => {
      if (message.type === 'bytes') onBytes(message.bytes);
      else if (message.type === 'part') take(message.index, message.result);
      else if (message.type === 'finished')
        resolve({
          books: LogBooks.from(resolutionMsOf(question.formats.seen), message.books),
          counts: message.counts,
        });
      else if (message.type === 'fault') reject(new LbbenchError(message.kind, message.faults));
      else reject(message.error);
    });
  });
}
