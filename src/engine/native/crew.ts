import type { Tally } from '../../tally/tally.js';
import type { LoadProgress } from '../load-job.js';
import type { ThreadSummary } from './thread-messages.js';

/** What runs a job, on this thread or on several. */
export interface Crew {
  run(): Promise<CrewResult>;
  stop(): void;
  progress(): LoadProgress;
}

/** One tally of all threads, and the rest of each one's result. */
export interface CrewResult {
  readonly tally: Tally;
  readonly parts: readonly ThreadSummary[];
}
