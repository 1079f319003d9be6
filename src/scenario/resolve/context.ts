import type { Warning } from '../../model/warning.js';
import type { FaultLog } from '../fault-log.js';
import type { ScenarioFiles } from '../scenario-files.js';

/** What every resolver needs beside its part of the scenario. */
export interface ResolveContext {
  readonly faults: FaultLog;
  readonly files: ScenarioFiles;
  readonly warnings: Warning[];
  readonly isTargetSet: boolean;
}
