/** What the commands around a scenario print, for the command line: the rooms that know are behind `run/`. */
export { checkText } from '../scenario/check-text.js';
export { scenarioJsonSchema } from '../scenario/json-schema.js';
