import type { LoadProgress } from '../engine/load-job.js';
import type { Plan } from '../model/plan.js';
import type { Report, RunReport } from '../model/report.js';
import type { Sample } from '../model/sample.js';
import type { Warning } from '../model/warning.js';

export type { LoadProgress } from '../engine/load-job.js';

/** How a scenario's run is watched and stopped. */
export interface RunControl {
  /** Aborted: the run under way ends soon and is reported as interrupted, further ones are not started. */
  readonly signal?: AbortSignal | undefined;
  readonly onRunStart?: ((name: string, plan: Plan) => void) | undefined;
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  /** A run has ended; `soFar` is the report of all that have. */
  readonly onRunEnd?: ((run: RunReport, soFar: Report) => void) | undefined;
  readonly onSample?: ((sample: Sample) => void) | undefined;
  readonly onWarning?: ((warning: Warning) => void) | undefined;
}
