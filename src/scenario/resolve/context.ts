import type { Warning } from '../../model/warning.js';
import type { FaultLog } from '../fault-log.js';
import type { ScenarioFiles } from '../scenario-files.js';
import type { Variables } from '../variables.js';

/** What every resolver needs beside its part of the scenario. */
export interface ResolveContext {
  readonly faults: FaultLog;
  readonly files: ScenarioFiles;
  readonly variables: Variables;
  readonly warnings: Warning[];
  readonly isTargetSet: boolean;
}
