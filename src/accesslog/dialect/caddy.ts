import { type Attempts, noAttempts } from '../../model/attempts.js';
import { parseBackendLabel } from '../../nginx/attribution.js';
import { type LogFormat, objectFormat } from '../../nginx/log-format.js';
import { textOfMember } from '../json-text.js';
import { epoch, iso8601Exact } from './clock.js';
import type { Dialect, LogFields } from './dialect.js';
import { FieldFinder, noFields } from './field-finder.js';

const name = 'Caddy';

/**
 * Caddy's access log, which is JSON. It names a backend where the site's configuration adds it: as a header of the response
 * (`header_down X-Upstream {http.reverse_proxy.upstream.hostport}`) or, since 2.8, as a member of the record (`log_append`).
 */
export const caddy: Dialect = {
  name,
  directive: 'log',
  words: {
    backend: 'resp_headers.X-Upstream (header_down X-Upstream {http.reverse_proxy.upstream.hostport})',
    time: 'ts',
    exactTime: 'ts',
    duration: 'duration',
    status: 'status',
    uri: 'request.uri',
    method: 'request.method',
    host: 'request.host',
    userAgent: 'request.headers.User-Agent',
  },
  formats: {},
  isText: () => false,
  compile: (text) => ({ ok: false, message: `expected lines of ${name} to recognise, got ${text}` }),
  derive: (lines) => derived(lines),
  shown: (variable) => variable,
  shapeOf: () => ({ alphabet: (byte) => byte >= 0x20 }),
  fieldsOf,
  attemptsOf,
  escapeCharacter: '\\',
  unescape: textOfMember,
  variableFor: (variable) =>
    ({
      remote_addr: 'remote_ip',
      request_method: 'method',
      request_uri: 'uri',
      http_host: 'host',
      http_user_agent: 'user_agent',
    })[variable] ?? variable,
};

/** Members that every record has, by what they are called here. */
const members: Readonly<Record<string, readonly string[]>> = {
  remote_ip: ['request', 'remote_ip'],
  method: ['request', 'method'],
  uri: ['request', 'uri'],
  host: ['request', 'host'],
  user_agent: ['request', 'headers', 'User-Agent'],
  duration: ['duration'],
  size: ['size'],
  status: ['status'],
};

type Json = Readonly<Record<string, unknown>>;

/** The format of records of which some may name the backend; what names it differs from site to site. */
function derived(lines: readonly string[]): LogFormat[] {
  const records = lines.map(recordIn).filter((record) => record !== undefined);
  const [first] = records;
  if (first === undefined) return [];
  const upstream = pathToBackend(records);
  const retries = records.some((one) => typeof one.retries === 'number') ? ['retries'] : undefined;
  const time = typeof first.ts === 'string' ? 'ts_text' : 'ts';
  const paths = {
    [time]: ['ts'],
    ...members,
    ...(upstream === undefined ? {} : { upstream }),
    ...(retries === undefined ? {} : { retries }),
  };
  // Its errors are records of requests too, which have no size.
  return [objectFormat(paths, [[time], ['method'], ['uri'], ['status'], ['size']], { dialect: name })];
}

function recordIn(line: string): Json | undefined {
  if (!line.includes('"request"')) return undefined;
  try {
    const record = JSON.parse(line) as Json;
    const request = record.request as Json | undefined;
    const isAccess = typeof request?.method === 'string' && typeof request.uri === 'string';
    return isAccess && 'ts' in record && 'size' in record ? record : undefined;
  } catch {
    return undefined;
  }
}

const namesBackend = /^(?:x-)?(?:upstream|backend|served-by)/i;

/** Where records name the backend: in a member of their own, else in a header of the response. */
function pathToBackend(records: readonly Json[]): readonly string[] | undefined {
  for (const path of [[], ['resp_headers']]) {
    const counts = new Map<string, number>();
    for (const record of records) {
      const inner = path.length === 0 ? record : record[path[0] ?? ''];
      for (const [key, value] of Object.entries((inner ?? {}) as Json))
        if (namesBackend.test(key) && typeof (Array.isArray(value) ? value[0] : value) === 'string')
          counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const [most] = [...counts].sort(([, one], [, other]) => other - one);
    if (most !== undefined) return [...path, most[0]];
  }
  return undefined;
}

/**
 * Who was asked: the backend that the record names, which is the one that was tried last. An answer of the proxy's own to a
 * backend that failed names none in a header, and then does not tell whom it asked.
 */
function attemptsOf({
  upstream = '',
  retries = '',
  status = '',
}: Readonly<Record<string, string>>): Attempts | undefined {
  if (upstream === '') {
    return /^50[234]$/.test(status)
      ? { kind: 'unclear', backends: [undefined], pool: undefined }
      : noAttempts;
  }
  const backend = /\s/.test(upstream) ? undefined : parseBackendLabel(upstream);
  if (backend === undefined) return undefined;
  const tried = Array<undefined>(/^\d{1,2}$/.test(retries) ? Number(retries) : 0).fill(undefined);
  return { kind: 'served', backends: [...tried, backend], pool: undefined };
}

function fieldsOf({ variables }: LogFormat): LogFields {
  const find = new FieldFinder(variables);
  const backend = find.index('upstream');
  return {
    ...noFields,
    backend: backend === undefined ? undefined : find.all('upstream', 'retries', 'status'),
    status: find.index('status'),
    requestTime: find.duration('seconds', ['duration']),
    bodyBytes: find.index('size'),
    time: find.time({ ts: epoch, ts_text: iso8601Exact }, false),
    uri: find.text('uri'),
    method: find.text('method'),
    host: find.text('host'),
    userAgent: find.text('user_agent'),
  };
}
