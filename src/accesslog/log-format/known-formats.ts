export { knownFormats } from '../../nginx/known-log-formats.js';
