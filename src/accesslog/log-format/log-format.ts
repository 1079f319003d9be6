export { compileLogFormat, type LogFormat } from '../../nginx/log-format.js';
