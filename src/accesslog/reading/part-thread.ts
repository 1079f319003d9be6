import { parentPort, workerData } from 'node:worker_threads';
import { type Fault, type FaultKind, LbbenchError } from '../../model/fault.js';
import { prepareHistograms } from '../../tally/latency-histogram.js';
import { carriesTimes, fieldsOf } from './fields.js';
import { lineMatcherOf } from './log-reader.js';
import type { LogQuery } from './query.js';
import { type LogPart, type PartResult, readPart } from './read-part.js';

/** Entry point of a worker thread: reads the parts it is given, one after the other. */

export type PartMessage =
  | { readonly type: 'result'; readonly result: PartResult }
  | { readonly type: 'fault'; readonly kind: FaultKind; readonly faults: readonly Fault[] }
  | { readonly type: 'error'; readonly error: unknown }
  | { readonly type: 'bytes'; readonly bytes: number };

const port = parentPort;
if (port === null) throw new Error('this file is the entry point of a worker thread');
const send = (message: PartMessage) => port.postMessage(message);
const query = workerData as LogQuery;
const line = lineMatcherOf(query);

if (carriesTimes(fieldsOf(query.format))) await prepareHistograms();
port.on('message', async (part: LogPart) => {
  try {
    const result = await readPart(
      query,
      part,
      () => {
        throw new Error('streams belong to the main thread');
      },
      line,
      (bytes) => send({ type: 'bytes', bytes }),
    );
    send({ type: 'result', result });
  } catch (error) {
    // A structured clone would lose the error's class.
    if (error instanceof LbbenchError) send({ type: 'fault', kind: error.kind, faults: error.faults });
    else send({ type: 'error', error });
  }
});
