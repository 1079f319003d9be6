import type { Tally } from '../../tally/tally.js';
import type { Standstills } from '../load-job.js';

/** What one phase, the warm-up or the run itself, came to on this thread. All times on the shared monotonic clock. */
export interface PhaseResult {
  readonly tally: Tally;
  /** `undefined` when nothing was started. */
  readonly firstStartUs: number | undefined;
  readonly lastByteUs: number;
  /** It had no response and too many failed connections. */
  readonly gaveUp: boolean;
  /** Time that this thread lost by its own lateness. */
  readonly lostUs: number;
  readonly standstills: Standstills;
}
