import { parentPort, workerData } from 'node:worker_threads';
import { type Fault, type FaultKind, LbbenchError } from '../../model/fault.js';
import { prepareHistograms } from '../../tally/latency-histogram.js';
import { carriesTimes, fieldsOf } from './fields.js';
import { LogReader } from './log-reader.js';
import type { LogPart, PartResult, ReaderData } from './part-result.js';
import type { LogQuery } from './query.js';
import { readPart } from './read-part.js';

/** Entry point of a worker thread: reads the parts it is given, one after the other, and at the end tells its books. */

export type ThreadTask = { readonly type: 'read'; readonly part: LogPart } | { readonly type: 'finish' };

export type ThreadAnswer =
  | { readonly type: 'result'; readonly result: PartResult | ReaderData }
  | { readonly type: 'fault'; readonly kind: FaultKind; readonly faults: readonly Fault[] }
  | { readonly type: 'error'; readonly error: unknown }
  | { readonly type: 'bytes'; readonly bytes: number };

const port = parentPort;
if (port === null) throw new Error('this file is the entry point of a worker thread');
const send = (answer: ThreadAnswer) => port.postMessage(answer);
const query = workerData as LogQuery;
const reader = new LogReader(query);
const noStreams = () => {
  throw new Error('streams belong to the main thread');
};

if (carriesTimes(fieldsOf(query.format))) await prepareHistograms();
port.on('message', async (task: ThreadTask) => {
  try {
    const result =
      task.type === 'finish'
        ? reader.toData()
        : await readPart(reader, task.part, noStreams, (bytes) => send({ type: 'bytes', bytes }));
    send({ type: 'result', result });
  } catch (error) {
    // A structured clone would lose the error's class.
    if (error instanceof LbbenchError) send({ type: 'fault', kind: error.kind, faults: error.faults });
    else send({ type: 'error', error });
  }
});
