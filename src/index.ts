/** lbbench as a library: the use cases of the command line as functions, with the report as their result. */
export type * from './model/comparison.js';
export { type Fault, LbbenchError } from './model/fault.js';
export type { Plan } from './model/plan.js';
export type * from './model/report.js';
export type { Sample } from './model/sample.js';
export type * from './model/simulation.js';
export type { Warning } from './model/warning.js';
export { type ExportFormat, exporters } from './report/exporters.js';
export { readReport } from './report/read-report.js';
export { terminalReport } from './report/terminal.js';
export { compare, type NamedReport } from './run/compare/compare.js';
export { type LogReportOptions, readLogReport } from './run/log/log.js';
export { type ReplayOptions, replayLog } from './run/replay-log.js';
export type { LoadProgress, RunControl } from './run/run-control.js';
export { runScenario } from './run/run-scenario.js';
export { type Overrides, readScenario, type Scenario } from './run/scenario-file.js';
export { type SimulationOptions, simulate } from './run/simulate/simulate.js';
