import type { Fault, FaultKind } from '../../model/fault.js';
import type { Sample } from '../../model/sample.js';
import type { TallyData } from '../../tally/tally.js';
import type { FirstResponse, LoadJob, LoadProgress, WireUse } from '../load-job.js';
import type { PhaseResult } from './phase-result.js';
import type { GeneratorHealth, ThreadPart } from './thread-run.js';

/** What a worker thread is started with. */
export interface ThreadInput {
  readonly job: LoadJob;
  readonly part: ThreadPart;
  readonly address: string;
}

export type MessageToThread =
  /** All threads are there: the phase counts from this moment of the shared clock. */
  | { readonly type: 'go'; readonly originUs: number }
  | { readonly type: 'stop' }
  /** Numbers have been added to the seat's blocks. */
  | { readonly type: 'refill' }
  | { readonly type: 'snapshot' };

/** A thread's result in a form that survives a structured clone. */
export interface ThreadOutput extends ThreadSummary {
  readonly tally: TallyData;
}

/** A thread's result but for its tally. */
export interface ThreadSummary extends Omit<PhaseResult, 'tally'> {
  readonly warmup: { readonly started: number; readonly responses: number } | undefined;
  readonly first: FirstResponse | undefined;
  readonly interrupted: boolean;
  /** `undefined` where nobody said. */
  readonly wire?: WireUse | undefined;
  readonly health: GeneratorHealth;
}

export type MessageFromThread =
  /** It cannot send at all. */
  | { readonly type: 'refused'; readonly kind: FaultKind; readonly faults: readonly Fault[] }
  | { readonly type: 'ready' }
  /** A block of numbers has been begun. */
  | { readonly type: 'block' }
  /** Asked for; `undefined` before the run has begun. */
  | { readonly type: 'snapshot'; readonly tally: TallyData | undefined }
  | { readonly type: 'progress'; readonly progress: LoadProgress }
  /** All that ended before `untilMs`, since the start of the run, has been sent with this. */
  | { readonly type: 'samples'; readonly samples: readonly Sample[]; readonly untilMs: number }
  | { readonly type: 'result'; readonly output: ThreadOutput };
