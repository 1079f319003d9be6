import type { ThreadSummary } from './thread-messages.js';
import type { ThreadResult } from './thread-run.js';

/** A thread's result but for its tally, which travels between threads in another form. */
export function summaryOf(result: ThreadResult): ThreadSummary {
  const { run, ...rest } = result;
  const { tally: _, ...figures } = run;
  return { ...rest, ...figures };
}
