import { parentPort, workerData } from 'node:worker_threads';
import { LbbenchError } from '../../model/fault.js';
import type { Sample } from '../../model/sample.js';
import { nowUs } from '../monotonic-clock.js';
import type { MessageFromThread, MessageToThread, ThreadInput } from './thread-messages.js';
import { type ThreadHooks, ThreadRun } from './thread-run.js';
import { summaryOf } from './thread-summary.js';

/** Entry point of a worker thread: does its part of a run and reports to the thread that started it. */

const progressEveryMs = 250;
const samplesEveryMs = 100;

const port = parentPort;
if (port === null) throw new Error('this file is the entry point of a worker thread');

const send = (message: MessageFromThread) => port.postMessage(message);
const { job, part, address } = workerData as ThreadInput;

/** Node's timers are up to a millisecond late, so the rest of the way to a start is polled. */
const wakeAheadUs = 1500;
let go: ((originUs: number) => void) | undefined;
const onGo = (originUs: number, resolve: (originUs: number) => void) => {
  setTimeout(
    () => {
      // No time may lie before the origin.
      while (nowUs() < originUs);
      resolve(originUs);
    },
    Math.max(0, (originUs - nowUs() - wakeAheadUs) / 1000),
  );
};
let samples: Sample[] = [];
/** The moment that the times of samples count from; `undefined` up to the run itself. */
let runOriginUs: number | undefined;
let phasesLeft = job.load.warmup === undefined ? 1 : 2;
const flushSamples = (untilMs: number) => {
  send({ type: 'samples', samples, untilMs });
  samples = [];
};
const flushSoFar = () => {
  if (runOriginUs !== undefined) flushSamples((nowUs() - runOriginUs) / 1000);
};

const hooks: ThreadHooks = {
  barrier: () =>
    new Promise((resolve) => {
      go = (originUs) => {
        phasesLeft--;
        if (phasesLeft === 0) runOriginUs = originUs;
        onGo(originUs, resolve);
      };
      send({ type: 'ready' });
    }),
  onBlock: () => send({ type: 'block' }),
  onSample: job.samples
    ? (sample) => {
        samples.push(sample);
      }
    : undefined,
};

try {
  await work(await ThreadRun.prepare(job, part, address, hooks));
} catch (error) {
  if (!(error instanceof LbbenchError)) throw error;
  send({ type: 'refused', kind: error.kind, faults: error.faults });
}
port.close();

async function work(run: ThreadRun): Promise<void> {
  parentPort?.on('message', (message: MessageToThread) => {
    if (message.type === 'stop') run.stop();
    else if (message.type === 'go') go?.(message.originUs);
    else if (message.type === 'refill') run.refill();
    else send({ type: 'snapshot', tally: run.snapshot() });
  });

  const progress = setInterval(() => send({ type: 'progress', progress: run.progress() }), progressEveryMs);
  const flusher = job.samples ? setInterval(flushSoFar, samplesEveryMs) : undefined;
  const result = await run.run();
  clearInterval(progress);
  clearInterval(flusher);
  flushSamples(Number.POSITIVE_INFINITY);
  send({ type: 'result', output: { ...summaryOf(result), tally: result.run.tally.toData() } });
}
