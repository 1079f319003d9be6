import type { ThreadOutput } from './thread-messages.js';
import type { ThreadResult } from './thread-run.js';

/** A thread's result as it travels to the thread that merges them. */
export function outputOf(result: ThreadResult): ThreadOutput {
  const { run, ...rest } = result;
  return {
    ...rest,
    tally: run.tally.toData(),
    firstStartUs: run.firstStartUs,
    lastByteUs: run.lastByteUs,
    gaveUp: run.gaveUp,
  };
}
