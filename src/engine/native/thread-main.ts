import { parentPort, workerData } from 'node:worker_threads';
import type { Sample } from '../../model/sample.js';
import { nowUs } from '../monotonic-clock.js';
import type { MessageFromThread, MessageToThread, ThreadInput } from './thread-messages.js';
import { outputOf } from './thread-output.js';
import { ThreadRun } from './thread-run.js';

/** Entry point of a worker thread: does its part of a run and reports to the thread that started it. */

const progressEveryMs = 250;
const samplesPerMessage = 1000;

const port = parentPort;
if (port === null) throw new Error('this file is the entry point of a worker thread');

const send = (message: MessageFromThread) => port.postMessage(message);
const { job, part, address } = workerData as ThreadInput;

let go: ((originUs: number) => void) | undefined;
const onGo = (originUs: number, resolve: (originUs: number) => void) => {
  setTimeout(
    () => {
      // A timer may be early by a fraction of a millisecond, and no time may lie before the origin.
      while (nowUs() < originUs);
      resolve(originUs);
    },
    Math.max(0, (originUs - nowUs()) / 1000),
  );
};
let samples: Sample[] = [];
const flushSamples = () => {
  if (samples.length > 0) send({ type: 'samples', samples });
  samples = [];
};

const run = await ThreadRun.prepare(job, part, address, {
  barrier: () =>
    new Promise((resolve) => {
      go = (originUs) => onGo(originUs, resolve);
      send({ type: 'ready' });
    }),
  onSample: job.samples
    ? (sample) => {
        if (samples.push(sample) >= samplesPerMessage) flushSamples();
      }
    : undefined,
});

port.on('message', (message: MessageToThread) => {
  if (message.type === 'stop') run.stop();
  else go?.(message.originUs);
});

const progress = setInterval(() => send({ type: 'progress', progress: run.progress() }), progressEveryMs);
const result = await run.run();
clearInterval(progress);
flushSamples();
send({ type: 'result', output: outputOf(result) });
port.close();
