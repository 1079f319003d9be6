import { parentPort, workerData } from 'node:worker_threads';
import { type Fault, type FaultKind, LbbenchError } from '../../model/fault.js';
import { prepareHistograms } from '../../tally/latency-histogram.js';
import { BookReader } from './book-reader.js';
import type { LineQuestion } from './line-question.js';
import type { LogBooksData } from './log-books.js';
import type { LineCounts } from './log-reader.js';
import { type LogPart, PartClaims, type PartResult, readPart } from './parts.js';

/** Entry point of a worker thread: reads parts until none is left, and at the end tells its books. */

export interface ThreadInput {
  readonly question: LineQuestion;
  readonly parts: readonly LogPart[];
  readonly claims: SharedArrayBuffer;
}

export type ThreadMessage =
  | { readonly type: 'part'; readonly index: number; readonly result: PartResult }
  | { readonly type: 'finished'; readonly books: LogBooksData; readonly counts: LineCounts }
  | { readonly type: 'fault'; readonly kind: FaultKind; readonly faults: readonly Fault[] }
  | { readonly type: 'error'; readonly error: unknown }
  | { readonly type: 'bytes'; readonly bytes: number };

const port = parentPort;
if (port === null) throw new Error('this file is the entry point of a worker thread');
const send = (message: ThreadMessage) => port.postMessage(message);
const { question, parts, claims } = workerData as ThreadInput;
const noStreams = () => {
  throw new Error('streams belong to the main thread');
};

try {
  if (question.isTimed) await prepareHistograms();
  const reader = new BookReader(question);
  const onBytes = (bytes: number) => send({ type: 'bytes', bytes });
  for (const { index, part } of new PartClaims(parts, claims).rest())
    send({ type: 'part', index, result: await readPart(reader, part, noStreams, onBytes) });
  const { books, counts } = reader.counted();
  send({ type: 'finished', books: books.toData(), counts });
} catch (error) {
  // A structured clone would lose the error's class.
  if (error instanceof LbbenchError) send({ type: 'fault', kind: error.kind, faults: error.faults });
  else send({ type: 'error', error });
}
