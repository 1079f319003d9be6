import type { Warning } from '../../model/warning.js';
import type { FaultLog } from '../fault-log.js';
import type { Path } from '../place.js';
import type { ScenarioFiles } from '../scenario-files.js';

/** What every resolver needs beside its part of the scenario. */
export interface ResolveContext {
  readonly faults: FaultLog;
  readonly files: ScenarioFiles;
  readonly warnings: Warning[];
  /** Whether something at or below the path was wrong and is therefore not there now. */
  isPruned(path: Path): boolean;
}
