/** The use cases, as the command line and the library see them. */
export type { LoadProgress } from '../engine/load-job.js';
export type { Plan } from '../model/plan.js';
export type { AbOptions } from '../scenario/ab/options.js';
export { parseAbArguments } from '../scenario/ab/parse-arguments.js';
export { abPlan } from '../scenario/ab/plan.js';
export { checkText } from '../scenario/check-text.js';
export { faultText } from '../scenario/fault-text.js';
export { scenarioJsonSchema } from '../scenario/json-schema.js';
export type { Overrides } from '../scenario/overrides.js';
export { scenarioTemplate } from '../scenario/template.js';
export { type AbRun, runAb } from './run-ab.js';
export { type RunControl, runScenario } from './run-scenario.js';
export { readScenario } from './scenario-file.js';
export { version } from './tool.js';
