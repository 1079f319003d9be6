import { parentPort, workerData } from 'node:worker_threads';
import { type Fault, type FaultKind, LbbenchError } from '../../model/fault.js';
import { prepareHistograms } from '../../tally/latency-histogram.js';
import { carriesTimes, fieldsOf } from './fields.js';
import { LogReader } from './log-reader.js';
import { PartClaims } from './part-claims.js';
import type { LogPart, PartResult, ReaderData } from './part-result.js';
import type { LogQuery } from './query.js';
import { readPart } from './read-part.js';

/** Entry point of a worker thread: reads parts until none is left, and at the end tells its books. */

export interface ThreadInput {
  readonly query: LogQuery;
  readonly parts: readonly LogPart[];
  readonly claims: SharedArrayBuffer;
}

export type ThreadMessage =
  | { readonly type: 'part'; readonly index: number; readonly result: PartResult }
  | { readonly type: 'finished'; readonly data: ReaderData }
  | { readonly type: 'fault'; readonly kind: FaultKind; readonly faults: readonly Fault[] }
  | { readonly type: 'error'; readonly error: unknown }
  | { readonly type: 'bytes'; readonly bytes: number };

const port = parentPort;
if (port === null) throw new Error('this file is the entry point of a worker thread');
const send = (message: ThreadMessage) => port.postMessage(message);
const { query, parts, claims } = workerData as ThreadInput;
const noStreams = () => {
  throw new Error('streams belong to the main thread');
};

try {
  if (carriesTimes(fieldsOf(query.format))) await prepareHistograms();
  const reader = new LogReader(query);
  const onBytes = (bytes: number) => send({ type: 'bytes', bytes });
  for (const { index, part } of new PartClaims(parts, claims).rest())
    send({ type: 'part', index, result: await readPart(reader, part, noStreams, onBytes) });
  send({ type: 'finished', data: reader.toData() });
} catch (error) {
  // A structured clone would lose the error's class.
  if (error instanceof LbbenchError) send({ type: 'fault', kind: error.kind, faults: error.faults });
  else send({ type: 'error', error });
}
