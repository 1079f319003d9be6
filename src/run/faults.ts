/** How faults read, for the command line: the rooms that know are behind `run/`. */
export { faultText } from '../scenario/fault-text.js';
