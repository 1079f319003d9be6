/** The scenario to start from, for the command line. */
export { scenarioTemplate } from '../scenario/template.js';
