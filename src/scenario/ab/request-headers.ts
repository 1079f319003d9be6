import type { AbOptions } from './options.js';

/**
 * The header lines of every request in ab's order: Connection, Cookie, Authorization, Content-type, then the
 * user's own, then Host, User-Agent and Accept. A header of the user's replaces ours of the same name, where ab
 * replaces the last three only and sends the others twice. Content-Length is left to the engine.
 */
export function abRequestHeaders(
  options: AbOptions,
  userAgent: string,
): (readonly [name: string, value: string])[] {
  const given = new Set(options.headers.map(([name]) => name.toLowerCase()));
  const ours = (headers: readonly (readonly [name: string, value: string | undefined])[]) =>
    headers.flatMap(([name, value]) =>
      value === undefined || given.has(name.toLowerCase()) ? [] : [[name, value] as const],
    );
  return [
    ...ours([
      ['Connection', options.keepAlive ? 'Keep-Alive' : undefined],
      ['Cookie', options.cookies.length === 0 ? undefined : options.cookies.join('; ')],
      ['Authorization', basic(options.credentials)],
      ['Proxy-Authorization', basic(options.proxyCredentials)],
      ['Content-type', options.bodyFile === undefined ? undefined : options.contentType],
    ]),
    ...options.headers,
    ...ours([
      ['Host', options.url.authority],
      ['User-Agent', userAgent],
      ['Accept', '*/*'],
    ]),
  ];
}

function basic(credentials: string | undefined): string | undefined {
  return credentials === undefined
    ? undefined
    : `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}`;
}
