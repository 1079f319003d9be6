import { parentPort, workerData } from 'node:worker_threads';
import type { Sample } from '../../model/sample.js';
import type { LoadJob, LoadProgress } from '../load-job.js';
import type { FromAutocannon } from './autocannon-engine.js';
import { type Breakdown, runAutocannon } from './autocannon-run.js';

/** Entry point of the thread that autocannon runs on. */

const port = parentPort;
if (port === null) throw new Error('this file is the entry point of a worker thread');

const send = (message: FromAutocannon) => port.postMessage(message);
const { job, address } = workerData as { readonly job: LoadJob; readonly address: string };
const stop = new AbortController();
port.on('message', () => stop.abort());

const breakdown: Breakdown = { onBreakdown: (message) => send({ type: 'failed', message }) };
// autocannon throws out of its own callbacks, where nobody can catch it.
process.on('uncaughtException', (error) => breakdown.onBreakdown(error.message));

let samples: Sample[] = [];
const taken = () => {
  const batch = samples;
  samples = [];
  return batch;
};

try {
  const { tally, ...result } = await runAutocannon(
    job,
    address,
    {
      signal: stop.signal,
      onStart: (originUs) => send({ type: 'start', originUs }),
      onProgress: (progress: LoadProgress) => send({ type: 'progress', progress, samples: taken() }),
      onSample: (sample) => {
        samples.push(sample);
      },
    },
    breakdown,
  );
  send({ type: 'result', result, tally: tally.toData(), samples: taken() });
} catch (error) {
  send({ type: 'failed', message: (error as Error).message });
}
port.close();
