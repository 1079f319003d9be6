import type { ThreadSummary } from './thread-messages.js';
import type { ThreadResult } from './thread-run.js';

/** A thread's result but for its tally, which travels between threads in another form. */
export function summaryOf(result: ThreadResult): ThreadSummary {
  const { run, ...rest } = result;
  return { ...rest, firstStartUs: run.firstStartUs, lastByteUs: run.lastByteUs, gaveUp: run.gaveUp };
}
