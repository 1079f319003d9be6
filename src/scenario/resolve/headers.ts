import { escapeTemplate } from '../../text/template.js';
import type { Credentials } from '../grammar/target-url.js';

export type Header = readonly [name: string, value: string];

/** What a request brings, or all of them. */
export interface HeaderSources {
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly cookies: Readonly<Record<string, string>> | undefined;
  readonly credentials: Credentials | BearerToken | undefined;
}

/** What a service of language models is asked with (RFC 6750). */
export interface BearerToken {
  readonly bearer: string;
}

/**
 * The headers of one request in order: those for all requests, then its own, which replace the former by name; then
 * Authorization, Cookie and Content-Type where not given by hand.
 */
export function requestHeaders(
  all: HeaderSources,
  own: HeaderSources,
  contentType: string | undefined,
): readonly Header[] {
  const ownHeaders = Object.entries(own.headers ?? {});
  const names = new Set(ownHeaders.map(([name]) => name.toLowerCase()));
  const headers: Header[] = Object.entries(all.headers ?? {}).filter(
    ([name]) => !names.has(name.toLowerCase()),
  );
  headers.push(...ownHeaders);
  const has = (wanted: string): boolean => headers.some(([name]) => name.toLowerCase() === wanted);

  if (own.credentials !== undefined) {
    // A request's own credentials win over a header that all requests share.
    const shared = headers.findIndex(([name]) => name.toLowerCase() === 'authorization');
    if (shared >= 0) headers.splice(shared, 1);
  }
  const credentials = own.credentials ?? all.credentials;
  if (credentials !== undefined && !has('authorization'))
    headers.push(['Authorization', authorization(credentials)]);
  const cookies = Object.entries(all.cookies ?? {});
  if (cookies.length > 0 && !has('cookie')) {
    headers.push(['Cookie', cookies.map(([name, value]) => `${name}=${value}`).join('; ')]);
  }
  if (contentType !== undefined && !has('content-type')) headers.push(['Content-Type', contentType]);
  return headers;
}

/** RFC 7617, with the credentials in UTF-8; nothing is drawn in a token. */
function authorization(credentials: Credentials | BearerToken): string {
  if ('bearer' in credentials) return `Bearer ${escapeTemplate(credentials.bearer)}`;
  const { user, password } = credentials;
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
}

export function hasHeader(headers: Readonly<Record<string, string>> | undefined, wanted: string): boolean {
  return Object.keys(headers ?? {}).some((name) => name.toLowerCase() === wanted);
}
