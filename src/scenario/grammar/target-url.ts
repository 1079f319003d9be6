import type { Parsed } from '../../model/parsed.js';
import { isPrintable, shown } from '../../text/shown.js';
import { encodePath, parseRequestPath } from './request-path.js';

/** A balancer's URL, taken apart. */
export interface TargetUrl {
  readonly scheme: 'http' | 'https';
  /** Without brackets for IPv6; `localhost` for a unix socket, as nginx has it. */
  readonly host: string;
  readonly port: number;
  readonly socketPath: string | undefined;
  /** For the Host header: the port only where it is not the scheme's own. */
  readonly authority: string;
  /** Path and query as to be sent; `undefined` when the URL has neither. */
  readonly path: string | undefined;
  /** From `user:password@`, decoded. */
  readonly credentials: Credentials | undefined;
  /** The URL for people: without credentials, secret query values removed. */
  readonly shownUrl: string;
}

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

type Failure = Extract<Parsed<never>, { ok: false }>;

const hint = 'write http://host:port/path, https://…, http://[::1]:8080 or http://unix:/path.sock:/path';
const defaultPorts = { http: 80, https: 443 } as const;

/** Reads `http://host[:port][/path]`, `https://…`, and unix sockets as nginx writes them, `http://unix:/a.sock:/path`. */
export function parseTargetUrl(text: string): Parsed<TargetUrl> {
  const match = /^(https?):\/\/(.*)$/is.exec(text);
  if (match === null || !isPrintable(text) || text.length > 4096) {
    const plain = /^[\w.-]+(:\d+)?(\/\S*)?$/.test(text) && !/^[a-z]+:\/\//i.test(text);
    return failure(text, plain ? `write http://${text}` : hint);
  }
  const scheme = match[1]?.toLowerCase() === 'https' ? 'https' : 'http';
  const rest = match[2] ?? '';
  return /^unix:/i.test(rest) ? unixTarget(scheme, rest.slice(5), text) : networkTarget(scheme, rest, text);
}

function unixTarget(scheme: 'http' | 'https', rest: string, text: string): Parsed<TargetUrl> {
  const match = /^(\/[^:]+)(?::(\/.*)?)?$/.exec(rest);
  if (match === null) return failure(text, 'write http://unix:/path.sock:/path');
  const path = pathOf(match[2], text);
  if (!path.ok) return path;
  const socketPath = match[1] ?? '';
  const shownPath = path.value === undefined ? '' : `:${redactQuery(path.value)}`;
  return {
    ok: true,
    value: {
      scheme,
      host: 'localhost',
      port: defaultPorts[scheme],
      socketPath,
      authority: 'localhost',
      path: path.value === undefined ? undefined : encodePath(path.value),
      credentials: undefined,
      shownUrl: `${scheme}://unix:${socketPath}${shownPath}`,
    },
  };
}

function networkTarget(scheme: 'http' | 'https', rest: string, text: string): Parsed<TargetUrl> {
  const end = rest.search(/[/?#]/);
  const place = end < 0 ? rest : rest.slice(0, end);
  const at = place.lastIndexOf('@');
  const credentials = at < 0 ? undefined : decodeCredentials(place.slice(0, at));
  if (credentials !== undefined && !credentials.ok) return credentials;
  const match = /^(\[[^\]]*\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(place.slice(at + 1));
  if (match === null) return failure(text, hint);
  const port = match[2] === undefined ? defaultPorts[scheme] : Number(match[2]);
  if (port < 1 || port > 65_535) {
    return { ok: false, message: `expected a port from 1 to 65535, got ${match[2] ?? ''}` };
  }
  const hostname = canonicalHost(match[1] ?? '');
  if (hostname === undefined) return failure(text, hint);
  const path = pathOf(end < 0 ? undefined : rest.slice(end), text);
  if (!path.ok) return path;
  const authority = port === defaultPorts[scheme] ? hostname : `${hostname}:${port}`;
  return {
    ok: true,
    value: {
      scheme,
      host: hostname.replace(/^\[|\]$/g, ''),
      port,
      socketPath: undefined,
      authority,
      path: path.value === undefined ? undefined : encodePath(path.value),
      credentials: credentials?.value,
      shownUrl: `${scheme}://${authority}${path.value === undefined ? '' : redactQuery(path.value)}`,
    },
  };
}

/** As the URL standard has it: lower case, international names in Punycode, IPv6 in short form. */
function canonicalHost(host: string): string | undefined {
  try {
    return new URL(`http://${host}/`).hostname;
  } catch {
    return undefined;
  }
}

function pathOf(text: string | undefined, url: string): Parsed<string | undefined> {
  if (text === undefined) return { ok: true, value: undefined };
  const parsed = parseRequestPath(text.startsWith('/') ? text : `/${text}`);
  if (parsed.ok) return parsed;
  const offset = parsed.offset === undefined ? undefined : parsed.offset + url.length - text.length;
  return { ok: false, message: parsed.message, hint: parsed.hint, offset };
}

function decodeCredentials(text: string): Parsed<Credentials> {
  const colon = text.indexOf(':');
  try {
    const user = decodeURIComponent(colon < 0 ? text : text.slice(0, colon));
    const password = colon < 0 ? '' : decodeURIComponent(text.slice(colon + 1));
    if (user.includes(':'))
      return { ok: false, message: 'expected a user name without a colon, got one with it' };
    return { ok: true, value: { user, password } };
  } catch {
    return {
      ok: false,
      message: 'expected user:password before @ with %XX for special characters, got a lone %',
      hint: 'write a literal % as %25, or use the key auth',
    };
  }
}

function failure(text: string, advice: string): Failure {
  // Whatever stands before an @ may be a password.
  const safe = text.replace(/[^/]*@/, '[removed]@');
  return { ok: false, message: `expected the URL of a balancer, got ${shown(safe)}`, hint: advice };
}

/** Names of headers, cookies and query parameters whose values stay out of reports. */
export const secretName =
  /token|secret|key|passw|^auth|authorization$|cookie$|signature|^sig$|credential|session/i;

/** A path whose secret query values are replaced, so that it can be shown. */
export function redactQuery(path: string): string {
  return path.replace(/([?&])([^=&]*)=([^&]*)/g, (whole, mark: string, name: string) =>
    secretName.test(name) ? `${mark}${name}=[removed]` : whole,
  );
}
