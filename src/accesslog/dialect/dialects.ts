import type { LogFormat } from '../../nginx/log-format.js';
import type { Dialect, LogFields } from './dialect.js';
import { haproxy } from './haproxy.js';
import { nginx } from './nginx/nginx.js';

/** The balancers whose logs are read, a row each; the first one that knows a log's lines has them. */
export const dialects: readonly Dialect[] = [nginx, haproxy];

/** Whose words a format is in: it names its dialect, nginx's own does not. */
export function dialectOf({ dialect }: Pick<LogFormat, 'dialect'>): Dialect {
  return dialects.find(({ name }) => name === dialect) ?? nginx;
}

/** What the lines of a format say. */
export function fieldsOf(format: LogFormat): LogFields {
  return dialectOf(format).fieldsOf(format);
}
