/** A request target as nginx splits it; strings hold one character a byte. */
export interface RequestTarget {
  /** `$request_uri`: as received, without scheme and host of the absolute form. */
  readonly raw: string;
  /** `$uri`: decoded, `.` and `..` resolved, repeated slashes merged (nginx's default). */
  readonly path: string;
  /** `$args`: what follows the `?`, raw; `undefined` without one. */
  readonly args: string | undefined;
  /** Host and port of the absolute form, `GET http://host/path`. */
  readonly authority: string | undefined;
}

const simplePath = /^(?!.*(?:\/\/|\/\.))\/[^%?#]*$/s;

/** Splits and normalizes a request target; `undefined` for one that nginx answers with 400. */
export function parseRequestTarget(target: string): RequestTarget | undefined {
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)(.*)$/is.exec(target);
  const rest = absolute?.[2] ?? target;
  // nginx takes a query right behind the host, but neither an empty host nor one with credentials or a fragment behind it.
  if (absolute !== null && (/^$|@/.test(absolute[1] ?? '') || rest.startsWith('#'))) return undefined;
  const isBare = absolute !== null && !rest.startsWith('/');
  if (!isBare && !rest.startsWith('/')) return undefined;
  const raw = rest === '' ? '/' : rest;
  const fragment = raw.indexOf('#');
  const visible = fragment < 0 ? raw : raw.slice(0, fragment);
  const question = visible.indexOf('?');
  const encoded = (question < 0 ? visible : visible.slice(0, question)) || '/';
  const path = simplePath.test(encoded) ? encoded : normalized(encoded);
  if (path === undefined) return undefined;
  return {
    raw,
    path,
    args: question < 0 ? undefined : visible.slice(question + 1),
    authority: absolute?.[1],
  };
}

/**
 * Percent-decodes first and resolves slashes and dots after, so that `%2F` and `%2e` count as slash and dot.
 * `undefined` for a bad escape, an escaped zero byte, and `..` above the root.
 */
function normalized(encoded: string): string | undefined {
  if (/%(?![0-9a-f]{2})|%00/i.test(encoded)) return undefined;
  const decoded = encoded.replace(/%(..)/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const kept: string[] = [];
  const segments = decoded.split('/');
  for (const segment of segments) {
    if (segment === '..') {
      if (kept.pop() === undefined) return undefined;
    } else if (segment !== '.' && segment !== '') {
      kept.push(segment);
    }
  }
  const last = segments.at(-1) ?? '';
  const isDirectory = last === '' || last === '.' || last === '..';
  return kept.length === 0 ? '/' : `/${kept.join('/')}${isDirectory ? '/' : ''}`;
}
