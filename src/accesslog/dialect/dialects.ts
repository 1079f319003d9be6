import type { LogFormat } from '../../nginx/log-format.js';
import { apache } from './apache.js';
import { awsAlb } from './aws-alb.js';
import { caddy } from './caddy.js';
import type { Dialect, LogFields } from './dialect.js';
import { envoy } from './envoy.js';
import { haproxy } from './haproxy.js';
import { nginx } from './nginx/nginx.js';
import { traefik } from './traefik.js';

/** The balancers whose logs are read, a row each; the first one that knows a log's lines, or a format's text, has them. */
export const dialects: readonly Dialect[] = [nginx, envoy, apache, haproxy, traefik, caddy, awsAlb];

/** Whose words a format is in: it names its dialect, nginx's own does not. */
export function dialectOf({ dialect }: Pick<LogFormat, 'dialect'>): Dialect {
  return dialects.find(({ name }) => name === dialect) ?? nginx;
}

/** What the lines of a format say. */
export function fieldsOf(format: LogFormat): LogFields {
  return dialectOf(format).fieldsOf(format);
}
