/** ab's command line, for our own: the rooms that know are behind `run/`. */
export type { AbOptions } from '../scenario/ab/options.js';
export { parseAbArguments } from '../scenario/ab/parse-arguments.js';
export { abPlan } from '../scenario/ab/plan.js';
