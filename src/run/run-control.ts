import type { Engine, LoadProgress } from '../engine/load-job.js';
import { LbbenchError } from '../model/fault.js';
import type { Plan } from '../model/plan.js';
import type { Report, RunReport } from '../model/report.js';
import type { Sample } from '../model/sample.js';
import type { Warning } from '../model/warning.js';
import type { Hide } from '../text/secrets.js';

export type { LoadProgress } from '../engine/load-job.js';

/** How a scenario's run is watched and stopped. */
export interface RunControl {
  /** Aborted: the run under way ends soon and is reported as interrupted, further ones are not started. */
  readonly signal?: AbortSignal | undefined;
  /** Sends the load in place of the plan's engine. It records no samples, so no placement is compared with a model. */
  readonly engine?: Engine | undefined;
  readonly onRunStart?: ((name: string, plan: Plan) => void) | undefined;
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  /** A run has ended; `soFar` is the report of all that have. */
  readonly onRunEnd?: ((run: RunReport, soFar: Report) => void) | undefined;
  readonly onSample?: ((sample: Sample) => void) | undefined;
  readonly onWarning?: ((warning: Warning) => void) | undefined;
}

/** The same control, told everything without the values of secrets. */
export function hidingControl(control: RunControl, hide: Hide): RunControl {
  const { onRunStart, onProgress, onRunEnd, onSample, onWarning } = control;
  return {
    ...control,
    onRunStart: onRunStart && ((name, plan) => onRunStart(hide(name), plan)),
    onProgress: onProgress && ((progress) => onProgress(hide(progress))),
    onRunEnd: onRunEnd && ((run, soFar) => onRunEnd(hide(run), hide(soFar))),
    onSample: onSample && ((sample) => onSample(hide(sample))),
    onWarning: onWarning && ((warning) => onWarning(hide(warning))),
  };
}

/** What work settles with; its faults without the values of secrets. */
export async function hidingFaults<T>(hide: Hide, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof LbbenchError ? new LbbenchError(error.kind, hide(error.faults)) : error;
  }
}
