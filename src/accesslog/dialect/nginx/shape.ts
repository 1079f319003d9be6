import type { EscapeMode } from '../../../nginx/log-format.js';
import { certainAttempts, isUpstreamValue, parseUpstreamList } from '../../../nginx/upstream-variables.js';
import { oneOf, type Shape } from '../dialect.js';
import { unescapeValue } from './escape.js';

const digits = '0123456789';
const lower = 'abcdefghijklmnopqrstuvwxyz';
const upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const quote = 0x22;

const matching = (pattern: RegExp) => (value: string) => pattern.test(value);

const number: Shape = { alphabet: oneOf(`${digits}-`), isValue: matching(/^(?:\d*|-)$/) };
const seconds: Shape = {
  alphabet: oneOf(`${digits}.-`),
  // nginx always knows them, so that an empty one is a client's.
  isValue: matching(/^\d+\.\d{3}$/),
  selfDelimiting: true,
};
const list = (item: string, alphabet: string): Shape => ({
  alphabet: oneOf(`${alphabet},: -`),
  usual: { alphabet: oneOf(`${alphabet}-`) },
  isValue: matching(new RegExp(`^(?:${item}(?:, ${item})*(?: : (?:${item}(?:, ${item})*)?)*)?$`)),
  attemptsOf: (value) => parseUpstreamList(value).flat().length,
});
const upstreamTimes: Shape = { ...list('(?:\\d+\\.\\d{3}|-)', `${digits}.`), selfDelimiting: true };
const upstreamStatus: Shape = { ...list('(?:\\d{3}|-)', digits), selfDelimiting: true };
const upstreamLengths: Shape = list('(?:\\d+|-)', digits);
const address: Shape = { alphabet: oneOf(`${digits}${lower}${upper}.:%-`) };
const token: Shape = { alphabet: oneOf(`${digits}${lower}${upper}_./-`) };

const shapes: Readonly<Record<string, Shape>> = {
  // Always three digits, also 000 and 009.
  status: {
    alphabet: oneOf(digits),
    width: 3,
    isStatus: true,
    isValue: matching(/^\d{3}$/),
    selfDelimiting: true,
  },
  body_bytes_sent: number,
  bytes_sent: number,
  request_length: number,
  connection: number,
  connection_requests: number,
  pid: number,
  remote_port: number,
  server_port: number,
  proxy_port: number,
  realip_remote_port: number,
  msec: seconds,
  request_time: seconds,
  connection_time: seconds,
  time_local: {
    alphabet: oneOf(`${digits}${lower}${upper}/:+- `),
    width: 26,
    isSteady: true,
    isValue: matching(/^\d\d\/[A-Z][a-z][a-z]\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}$/),
    selfDelimiting: true,
  },
  time_iso8601: {
    alphabet: oneOf(`${digits}T:+-`),
    width: 25,
    isSteady: true,
    isValue: matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/),
    selfDelimiting: true,
  },
  remote_addr: address,
  realip_remote_addr: address,
  server_addr: address,
  request_method: { alphabet: oneOf(`${upper}_-`), isValue: matching(/^[A-Z_-]*$/) },
  server_protocol: token,
  scheme: token,
  https: token,
  http2: token,
  http3: token,
  pipe: { alphabet: oneOf('p.') },
  request_id: { alphabet: oneOf(`${digits}abcdef-`) },
  gzip_ratio: { alphabet: oneOf(`${digits}.-`) },
  request_completion: { alphabet: oneOf('OK-') },
  ssl_protocol: token,
  ssl_cipher: token,
  ssl_session_reused: token,
  upstream_cache_status: { alphabet: oneOf(`${upper}-`) },
  upstream_status: upstreamStatus,
  upstream_response_time: upstreamTimes,
  upstream_connect_time: upstreamTimes,
  upstream_header_time: upstreamTimes,
  upstream_queue_time: upstreamTimes,
  upstream_response_length: upstreamLengths,
  upstream_bytes_sent: upstreamLengths,
  upstream_bytes_received: upstreamLengths,
};

/** Bytes that a client can put into a value, by how nginx escapes it. */
const freeShapes: Readonly<Record<EscapeMode, Shape>> = {
  // Quotes, backslashes, control codes and everything beyond ASCII are written as \xHH.
  default: { alphabet: (byte) => byte >= 0x20 && byte < 0x7f && byte !== quote },
  json: { alphabet: (byte) => byte >= 0x20 && byte !== quote, hidesQuotes: true },
  none: { alphabet: () => true },
};

/**
 * Variables without spaces. Raw spaces in a request target have been answered with 400 since 1.21.1; $request_uri is
 * `-` then.
 */
const spacelessNames = new Set([
  'request_uri',
  'host',
  'server_name',
  'hostname',
  // As ingress-nginx and nginx-proxy-manager set them.
  'proxy_upstream_name',
  'proxy_alternative_upstream_name',
  'req_id',
  'server',
]);
const isVisible = (byte: number) => byte > 0x20 && byte !== 0x7f;
const spaceless: Readonly<Record<EscapeMode, Shape>> = {
  default: { alphabet: (byte) => isVisible(byte) && byte !== quote },
  json: { alphabet: (byte) => isVisible(byte) && byte !== quote, hidesQuotes: true },
  none: { alphabet: isVisible },
};

/** Written by whoever configured nginx: unix paths may hold spaces, but nothing that separates columns. */
function upstreamAddr(mode: EscapeMode, sockets: readonly string[]): Shape {
  const plain = (value: string) => {
    const bytes = Buffer.from(value, 'latin1');
    return Buffer.from(unescapeValue(bytes, mode)).toString('utf8');
  };
  return {
    alphabet: (byte) => byte >= 0x20 && byte !== quote && byte !== 0x7c && byte !== 0x7f,
    // Of a socket's path nobody knows whether it goes on behind a space.
    usual: { alphabet: oneOf(`${digits}${lower}${upper}._:[]-`) },
    isValue: (value) => isUpstreamValue(plain(value), sockets),
    attemptsOf: (value) => certainAttempts(plain(value), sockets),
  };
}

/**
 * The shape of a variable's value in a log.
 *
 * @param name without `$`
 * @param sockets addresses of the pool that look like lists
 */
export function shapeOf(name: string, mode: EscapeMode, sockets: readonly string[] = []): Shape {
  if (name === 'upstream_addr') return upstreamAddr(mode, sockets);
  if (spacelessNames.has(name)) return spaceless[mode];
  return (Object.hasOwn(shapes, name) ? shapes[name] : undefined) ?? freeShapes[mode];
}
