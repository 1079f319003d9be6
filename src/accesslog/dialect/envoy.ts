import { type Attempts, noAttempts } from '../../model/attempts.js';
import type { Parsed } from '../../model/parsed.js';
import { parseBackendLabel } from '../../nginx/attribution.js';
import { type LogFormat, objectFormat } from '../../nginx/log-format.js';
import { textOfMember } from '../json-text.js';
import { iso8601Exact } from './clock.js';
import { type Dialect, type LogFields, oneOf, type Shape, shapeNamed } from './dialect.js';
import { FieldFinder, noFields } from './field-finder.js';
import { FormatParts, known } from './format-parts.js';

const name = 'Envoy';

const defaultText =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"';

/** With what Istio puts in between and behind. */
const istioText = `${defaultText.replace(
  '%RESPONSE_FLAGS%',
  '%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%"',
)} %UPSTREAM_CLUSTER% %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%`;

/** Envoy's access log: its default format, Istio's as text and as JSON, and others by their format string. */
export const envoy: Dialect = {
  name,
  directive: 'text_format_source',
  words: {
    backend: '%UPSTREAM_HOST%',
    time: '%START_TIME%',
    exactTime: '%START_TIME%',
    duration: '%DURATION%',
    status: '%RESPONSE_CODE%',
    uri: '%REQ(:PATH)%',
    method: '%REQ(:METHOD)%',
    host: '%REQ(:AUTHORITY)%',
    userAgent: '%REQ(USER-AGENT)%',
  },
  get formats() {
    formats ??= {
      envoy: known(compile(defaultText)),
      istio: known(compile(istioText)),
      'istio-json': objectFormat(istioMembers, [['START_TIME'], ['RESPONSE_CODE'], ['RESPONSE_FLAGS']], {
        dialect: name,
      }),
    };
    return formats;
  },
  isText: (text) => /%[A-Z][A-Z_]+(?:\([^)]*\))?(?::\d+)?%/.test(text),
  compile,
  derive: () => [],
  shown: (variable) => `%${variable}%`,
  shapeOf: (variable) => shapeNamed(shapes, variable) ?? free,
  fieldsOf,
  attemptsOf,
  escapeCharacter: '\\',
  // As text nothing is escaped.
  unescape: (logged, { object }) => (object === undefined ? logged : textOfMember(logged)),
  variableFor: (variable) =>
    ({ remote_addr: 'REQ(X-FORWARDED-FOR)', request_method: 'REQ(:METHOD)', request_uri: requestPath })[
      variable
    ] ?? variable,
};

let formats: Dialect['formats'] | undefined;
const requestPath = 'REQ(X-ENVOY-ORIGINAL-PATH?:PATH)';

/** Of Istio's JSON, by the operators that its members are filled with. */
const istioMembers: Readonly<Record<string, string>> = {
  START_TIME: 'start_time',
  'REQ(:METHOD)': 'method',
  [requestPath]: 'path',
  RESPONSE_CODE: 'response_code',
  RESPONSE_FLAGS: 'response_flags',
  BYTES_SENT: 'bytes_sent',
  DURATION: 'duration',
  'RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)': 'upstream_service_time',
  'REQ(USER-AGENT)': 'user_agent',
  'REQ(:AUTHORITY)': 'authority',
  UPSTREAM_HOST: 'upstream_host',
};

/**
 * Who was tried. Envoy names the host that it tried last; that no host was healthy is told by the flag `UH`. How often it
 * tried is told by `%UPSTREAM_REQUEST_ATTEMPT_COUNT%`, but not whom.
 */
function attemptsOf({
  UPSTREAM_HOST: host = '',
  RESPONSE_FLAGS: flags = '',
  UPSTREAM_REQUEST_ATTEMPT_COUNT: count = '1',
}: Readonly<Record<string, string>>): Attempts | undefined {
  if (!/^[A-Za-z,-]*$/.test(flags) || !/^(?:\d{1,3}|-)$/.test(count)) return undefined;
  if (host === '' || host === '-') {
    const isNoneLeft = flags.split(',').some((flag) => flag === 'UH' || flag === 'NoHealthyUpstream');
    return isNoneLeft ? { kind: 'none-left', backends: [], pool: undefined } : noAttempts;
  }
  const backend = /\s/.test(host) ? undefined : parseBackendLabel(host);
  if (backend === undefined) return undefined;
  const before = Array<undefined>(Math.max(0, Number(count) - 1 || 0)).fill(undefined);
  return { kind: 'served', backends: [...before, backend], pool: undefined };
}

function fieldsOf({ variables }: LogFormat): LogFields {
  const find = new FieldFinder(variables);
  const host = find.index('UPSTREAM_HOST');
  const told = find.all('UPSTREAM_HOST', 'RESPONSE_FLAGS', 'UPSTREAM_REQUEST_ATTEMPT_COUNT');
  const duration = find.duration('milliseconds', ['DURATION']);
  return {
    ...noFields,
    backend: host === undefined ? undefined : told,
    // From the request's first byte; of its attempt alone nothing tells the time to the last byte.
    attemptTime: duration,
    headerTime: find.duration('milliseconds', ['RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)']),
    status: find.index('RESPONSE_CODE'),
    requestTime: duration,
    bodyBytes: find.index('BYTES_SENT'),
    time: find.time({ START_TIME: iso8601Exact }, true),
    uri: find.text(requestPath, 'REQ(:PATH)'),
    method: find.text('REQ(:METHOD)'),
    host: find.text('REQ(:AUTHORITY)'),
    userAgent: find.text('REQ(USER-AGENT)'),
  };
}

const quote = 0x22;
const digits = '0123456789';
/** Headers are written as they came, quotes among them. */
const free: Shape = {
  alphabet: (byte) => byte >= 0x20,
  usual: { alphabet: (byte) => byte >= 0x20 && byte !== quote },
};
const word: Shape = {
  alphabet: (byte) => byte > 0x20,
  usual: { alphabet: (byte) => byte > 0x20 && byte !== quote },
};
const number: Shape = { alphabet: oneOf(`${digits}-`), isValue: (text) => /^(?:\d+|-)$/.test(text) };
const address: Shape = { alphabet: (byte) => byte > 0x20 && byte < 0x7f && byte !== quote };
const shapes: Readonly<Record<string, Shape>> = {
  START_TIME: { alphabet: oneOf(`${digits}TZ:.-`), isValue: (text) => /^\d{4}-\d\d-\d\dT/.test(text) },
  RESPONSE_FLAGS: {
    alphabet: oneOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz,-'),
    isValue: (text) => text !== '',
  },
  RESPONSE_CODE_DETAILS: word,
  CONNECTION_TERMINATION_DETAILS: word,
  UPSTREAM_CLUSTER: word,
  UPSTREAM_LOCAL_ADDRESS: address,
  DOWNSTREAM_LOCAL_ADDRESS: address,
  DOWNSTREAM_REMOTE_ADDRESS: address,
  REQUESTED_SERVER_NAME: word,
  ROUTE_NAME: word,
  UPSTREAM_HOST: address,
  PROTOCOL: address,
  'REQ(:METHOD)': word,
  'REQ(:PATH)': word,
  [requestPath]: word,
  ...Object.fromEntries(
    [
      'RESPONSE_CODE',
      'BYTES_RECEIVED',
      'BYTES_SENT',
      'DURATION',
      'RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)',
      'UPSTREAM_REQUEST_ATTEMPT_COUNT',
    ].map((one) => [one, number]),
  ),
};

/** Takes a format string apart: `%DURATION%`, `%REQ(X?Y):100%`, `%%`; the line break at its end is the line's. */
function compile(text: string): Parsed<LogFormat> {
  const parts = new FormatParts(name, 'text_format_source');
  const plain = text.replace(/(?:\\n|\s)+$/, '');
  let end = 0;
  for (const match of plain.matchAll(/%%|%([A-Z][A-Z_0-9]*(?:\([^)]*\))?)(?::\d+)?%/g)) {
    const [whole, variable] = match;
    parts.text(plain.slice(end, match.index));
    end = match.index + whole.length;
    if (variable === undefined) parts.text('%');
    else parts.variable(variable.toUpperCase(), whole);
  }
  parts.text(plain.slice(end));
  return parts.format(plain);
}
