import type { Parsed } from '../model/parsed.js';
import { parseIPv4, parseIPv6 } from '../text/ip.js';
import { shown } from '../text/shown.js';
import { parseRequestTarget, type RequestTarget } from './target.js';
import { parseTemplate } from './template.js';

/** A request as far as a hash key can depend on it. Every string holds one character a byte, as `node:http` does. */
export interface KeyRequest {
  readonly method: string;
  /** Request target as sent: `/path?query`. */
  readonly uri: string;
  /** Names in lower case; several lines of one name as an array or joined as `node:http` joins them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The client's address as text, without port. */
  readonly remoteAddress: string;
  /** The value of the Host header; `headers.host` where absent. */
  readonly host?: string | undefined;
}

/** The value of a key for a request, one character a byte; `undefined` where nginx would answer 400. */
export type KeyOf = (request: KeyRequest) => string | undefined;

type Variable = (request: KeyRequest, target: RequestTarget) => string;

const variables: Readonly<Record<string, Variable>> = {
  request_uri: (_, target) => target.raw,
  uri: (_, target) => target.path,
  document_uri: (_, target) => target.path,
  args: (_, target) => target.args ?? '',
  query_string: (_, target) => target.args ?? '',
  is_args: (_, target) => (target.args ? '?' : ''),
  request_method: (request) => request.method,
  remote_addr: (request) => request.remoteAddress,
  binary_remote_addr: ({ remoteAddress }) => {
    const bytes = parseIPv4(remoteAddress) ?? parseIPv6(remoteAddress);
    return bytes === undefined ? remoteAddress : String.fromCharCode(...bytes);
  },
  host: hostOf,
  content_type: (request) => header(request, 'content-type'),
  content_length: (request) => header(request, 'content-length'),
  proxy_add_x_forwarded_for: (request) => {
    const forwarded = header(request, 'x-forwarded-for');
    return forwarded === '' ? request.remoteAddress : `${forwarded}, ${request.remoteAddress}`;
  },
};

const hint = `use ${Object.keys(variables)
  .map((name) => `$${name}`)
  .join(', ')}, $arg_NAME, $http_NAME or $cookie_NAME`;

/**
 * Compiles the key of nginx's `hash` directive into a function of a request. A variable that is not set is empty,
 * as in nginx. Repeated headers are joined with `, ` as nginx does since 1.23.0 (older ones take the first).
 * Fails on variables that are not known here, and names those that are.
 */
export function compileKey(key: string): Parsed<KeyOf> {
  const template = parseTemplate(key);
  if (!template.ok) return template;
  const pieces: Variable[] = [];
  for (const part of template.value) {
    if (part.kind === 'literal') {
      const bytes = byteString(part.text);
      pieces.push(() => bytes);
      continue;
    }
    const variable = variableNamed(part.name);
    if (variable === undefined) {
      return {
        ok: false,
        message: `expected a variable that depends on the request alone, got ${shown(`$${part.name}`)}`,
        hint,
        offset: part.offset,
      };
    }
    pieces.push(variable);
  }
  return {
    ok: true,
    value: (request) => {
      const target = parseRequestTarget(request.uri);
      if (target === undefined) return undefined;
      let value = '';
      for (const piece of pieces) value += piece(request, target);
      return value;
    },
  };
}

/** Text as UTF-8, one character a byte: how text from a scenario becomes part of a request. */
export function byteString(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function variableNamed(name: string): Variable | undefined {
  // nginx looks names up in lower case.
  const lower = name.toLowerCase();
  if (Object.hasOwn(variables, lower)) return variables[lower];
  const prefixed = /^(arg|http|cookie)_(.+)$/s.exec(lower);
  const wanted = prefixed?.[2] ?? '';
  switch (prefixed?.[1]) {
    case 'arg':
      return (_, { args }) => argument(args, wanted);
    case 'http': {
      const headerName = wanted.replaceAll('_', '-');
      return (request) => header(request, headerName);
    }
    case 'cookie':
      return (request) => cookie(header(request, 'cookie'), wanted);
  }
  return undefined;
}

function header({ headers }: KeyRequest, name: string): string {
  if (!Object.hasOwn(headers, name)) return '';
  const value = headers[name];
  if (value === undefined || typeof value === 'string') return value ?? '';
  return value.join(name === 'cookie' ? '; ' : ', ');
}

/** The host of an absolute request target, else the Host header: lower case, no port, no trailing dot. */
function hostOf(request: KeyRequest, { authority }: RequestTarget): string {
  const host = authority ?? request.host ?? header(request, 'host');
  return host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
}

/** The first `name=value` among the arguments; names in any case, the value raw. */
function argument(args: string | undefined, name: string): string {
  for (const pair of args?.split('&') ?? []) {
    if (
      pair.length > name.length &&
      pair[name.length] === '=' &&
      pair.slice(0, name.length).toLowerCase() === name
    ) {
      return pair.slice(name.length + 1);
    }
  }
  return '';
}

/** The first cookie of that name, in any case, as nginx finds it: up to the next semicolon, quotes kept. */
function cookie(value: string, name: string): string {
  for (let start = 0; start < value.length; ) {
    let at = start + name.length;
    if (value.slice(start, at).toLowerCase() === name) {
      while (value[at] === ' ') at += 1;
      if (value[at] === '=') {
        do at += 1;
        while (value[at] === ' ');
        const end = value.indexOf(';', at);
        return value.slice(at, end < 0 ? undefined : end);
      }
    }
    while (start < value.length && value[start] !== ';' && value[start] !== ',') start += 1;
    do start += 1;
    while (value[start] === ' ');
  }
  return '';
}
