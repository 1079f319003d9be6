import { type Attempts, noAttempts } from '../../model/attempts.js';
import { backendOfUrl } from '../../nginx/address.js';
import { parseBackendLabel } from '../../nginx/attribution.js';
import { compileLogFormat, type LogFormat, objectFormat } from '../../nginx/log-format.js';
import { textOfMember } from '../json-text.js';
import { commonLog, iso8601Exact } from './clock.js';
import { type Dialect, type LogFields, namedFormats, oneOf, type Shape, shapeNamed } from './dialect.js';
import { FieldFinder, noFields } from './field-finder.js';
import { known } from './format-parts.js';

const name = 'Traefik';

/** Traefik's access log in its common format and as JSON, by the names of the members of the latter. */
export const traefik: Dialect = {
  name,
  directive: 'accessLog',
  words: {
    backend: 'ServiceAddr or ServiceURL',
    time: 'StartUTC',
    exactTime: 'StartUTC of format: json',
    duration: 'Duration',
    status: 'DownstreamStatus',
    uri: 'RequestPath',
    method: 'RequestMethod',
    host: 'RequestAddr of format: json',
    userAgent: 'the header User-Agent',
  },
  get formats() {
    formats ??= { traefik: common(), 'traefik-json': json() };
    return formats;
  },
  ...namedFormats(name),
  shapeOf: (variable) => shapeNamed(shapes, variable) ?? free,
  fieldsOf,
  attemptsOf,
  escapeCharacter: '\\',
  // The common format escapes nothing.
  unescape: (logged, { object }) => (object === undefined ? logged : textOfMember(logged)),
  variableFor: (variable) =>
    ({
      remote_addr: 'ClientHost',
      request_method: 'RequestMethod',
      request_uri: 'RequestPath',
      http_host: 'RequestAddr',
      http_user_agent: userAgent,
    })[variable] ?? variable,
};

let formats: Dialect['formats'] | undefined;
const userAgent = 'request_User-Agent';

function common(): LogFormat {
  const text =
    '$ClientHost - $ClientUsername [$StartText] "$Request" $Status $Size "$Referer" "$UserAgent" $RequestCount "$RouterName" "$ServiceURL" ${DurationMs}ms';
  const format = known(compileLogFormat(text));
  const names = [...text.matchAll(/\$\{?(\w+)/g)].map(([, one = '']) => one);
  return { ...format, variables: names, dialect: name };
}

function json(): LogFormat {
  const members = [
    'StartUTC',
    'Duration',
    'OriginDuration',
    'ServiceAddr',
    'ServiceURL',
    'ClientHost',
    'RequestAddr',
    'RequestMethod',
    'RequestPath',
    'DownstreamStatus',
    'DownstreamContentSize',
    'OriginStatus',
    'RetryAttempts',
    userAgent,
  ];
  return objectFormat(
    Object.fromEntries(members.map((one) => [one, [one]])),
    [['RequestMethod'], ['DownstreamStatus'], ['Duration']],
    { dialect: name },
  );
}

/**
 * Who was asked. Traefik names the server that it asked last; how often it asked before is told by `RetryAttempts`, but not
 * whom.
 */
function attemptsOf({
  ServiceAddr: address = '',
  ServiceURL: url = '',
  RetryAttempts: retries = '0',
}: Readonly<Record<string, string>>): Attempts | undefined {
  const isNamed = (text: string) => text !== '' && text !== '-';
  if (!isNamed(address) && !isNamed(url)) return noAttempts;
  const backend =
    (isNamed(url) ? backendOfUrl(url) : undefined) ?? (isNamed(address) ? labelOf(address) : undefined);
  if (backend === undefined) return undefined;
  const tried = Array<undefined>(/^\d{1,2}$/.test(retries) ? Number(retries) : 0).fill(undefined);
  return { kind: 'served', backends: [...tried, backend], pool: undefined };
}

function labelOf(text: string): string | undefined {
  return /\s/.test(text) ? undefined : parseBackendLabel(text);
}

function fieldsOf({ variables }: LogFormat): LogFields {
  const find = new FieldFinder(variables);
  const whole = find.duration('nanoseconds', ['Duration']) ?? find.duration('milliseconds', ['DurationMs']);
  const service = find.index('ServiceAddr', 'ServiceURL');
  return {
    ...noFields,
    backend: service === undefined ? undefined : find.all('ServiceAddr', 'ServiceURL', 'RetryAttempts'),
    attemptStatus: find.index('OriginStatus'),
    attemptTime: find.duration('nanoseconds', ['OriginDuration']),
    status: find.index('DownstreamStatus', 'Status'),
    requestTime: whole,
    bodyBytes: find.index('DownstreamContentSize', 'Size'),
    time: find.time({ StartUTC: iso8601Exact, StartText: commonLog }, true),
    uri: find.text('RequestPath') ?? find.part('Request', 'target'),
    method: find.text('RequestMethod') ?? find.part('Request', 'method'),
    host: find.text('RequestAddr'),
    userAgent: find.text(userAgent, 'UserAgent'),
  };
}

const quote = 0x22;
const digits = '0123456789';
const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
/** What a client sends may have quotes, which the common format does not escape. */
const free: Shape = {
  alphabet: (byte) => byte >= 0x20,
  usual: { alphabet: (byte) => byte >= 0x20 && byte !== quote },
};
const matching = (alphabet: string, pattern: RegExp): Shape => ({
  alphabet: oneOf(alphabet),
  isValue: (text) => pattern.test(text),
});
const number = matching(`${digits}-`, /^(?:\d+|-)$/);
const shapes: Readonly<Record<string, Shape>> = {
  ClientHost: { alphabet: oneOf(`${digits}${letters}.:%-`) },
  ClientUsername: { alphabet: (byte) => byte > 0x20 && byte !== quote },
  StartText: matching(`${digits}${letters}/:+ -`, /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}$/),
  Status: number,
  Size: number,
  RequestCount: number,
  ServiceURL: { alphabet: (byte) => byte > 0x20 && byte < 0x7f && byte !== quote },
  DurationMs: matching(digits, /^\d+$/),
};
