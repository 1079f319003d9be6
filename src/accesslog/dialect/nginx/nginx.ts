import { type Attempts, noAttempts } from '../../../model/attempts.js';
import { parseBackendLabel } from '../../../nginx/attribution.js';
import { knownFormats } from '../../../nginx/known-log-formats.js';
import type { LogFormat } from '../../../nginx/log-format.js';
import { loggedUpstreamAddr, parseUpstreamList } from '../../../nginx/upstream-variables.js';
import { decodedText } from '../../json-text.js';
import { type Clock, commonLog, epoch, epochMs, iso8601, iso8601Exact } from '../clock.js';
import type { Dialect, LogFields } from '../dialect.js';
import { FieldFinder } from '../field-finder.js';
import { compilePasted } from './config-formats.js';
import { unescapeValue } from './escape.js';
import { recognisePairs, recogniseTabs } from './recognise-columns.js';
import { recogniseJson } from './recognise-json.js';
import { shapeOf } from './shape.js';

/** Variables that tell when a request was logged, the most exact first. */
const clocks: Readonly<Record<string, Clock>> = {
  msec: epoch,
  // As others than nginx write it.
  msec_since_1970: epochMs,
  time_iso8601_ms: iso8601Exact,
  time_iso8601: iso8601,
  time_local: commonLog,
};

/** nginx, and what is built on it: the variables of its `log_format`. */
export const nginx: Dialect = {
  name: 'nginx',
  directive: 'log_format',
  words: {
    backend: '$upstream_addr',
    time: '$time_local, $time_iso8601 or $msec',
    exactTime: '$msec',
    duration: '$request_time, $upstream_response_time',
    status: '$status',
    uri: '$request or $request_uri',
    method: '$request or $request_method',
    host: '$http_host or $host',
    userAgent: '$http_user_agent',
  },
  formats: knownFormats,
  isText: (text) => text.includes('$'),
  compile: compilePasted,
  derive: (lines) =>
    [recogniseJson, recogniseTabs, recognisePairs].flatMap((recognise) => recognise(lines) ?? []),
  shown: (variable) => `$${variable}`,
  shapeOf,
  fieldsOf,
  attemptsOf,
  escapeCharacter: '\\',
  unescape: (logged, { escape: mode, object }) =>
    object === undefined
      ? unescapeValue(logged, mode)
      : (decodedText(logged) ?? unescapeValue(logged, 'default')),
  variableFor: (name) => name,
};

/** Finds the fields of a format. Where several variables tell the same, the one closest to what the client sent. */
function fieldsOf({ variables }: LogFormat): LogFields {
  const find = new FieldFinder(variables);
  const duration = (name: string) =>
    find.duration('seconds', [name]) ?? find.duration('milliseconds', [`${name}_ms`]);
  const upstreamAddr = find.index('upstream_addr');
  return {
    backend: upstreamAddr === undefined ? sentTo(find) : [upstreamAddr],
    attemptStatus: find.index('upstream_status'),
    attemptTime: duration('upstream_response_time'),
    headerTime: duration('upstream_header_time'),
    connectTime: duration('upstream_connect_time'),
    status: find.index('status'),
    requestTime: duration('request_time'),
    bodyBytes: find.index('body_bytes_sent'),
    sentBytes: find.index('bytes_sent'),
    time: find.time(clocks, false),
    uri: find.text('request_uri') ?? find.part('request', 'target') ?? find.text('uri', 'document_uri'),
    method: find.text('request_method') ?? find.part('request', 'method'),
    host: find.text('http_host', 'host', 'server_name'),
    userAgent: find.text('http_user_agent'),
  };
}

/** nginx-proxy-manager names the host that it forwards to instead of the address. */
function sentTo(find: FieldFinder): readonly number[] | undefined {
  const told = find.all('server', 'upstream_status');
  return told.length < 2 ? undefined : told;
}

function attemptsOf(
  { upstream_addr, server, upstream_status = '' }: Readonly<Record<string, string>>,
  sockets: readonly string[],
): Attempts | undefined {
  if (upstream_addr !== undefined || server === undefined)
    return loggedUpstreamAddr(upstream_addr ?? '', sockets);
  const attempts = parseUpstreamList(upstream_status).flat();
  if (attempts.every((status) => status === undefined)) return noAttempts;
  const name = parseBackendLabel(server);
  return name === undefined
    ? undefined
    : { kind: 'served', backends: attempts.map(() => name), pool: undefined };
}
