/** Meant for one connection only (RFC 9110 section 7.6.1), so a proxy does not pass them on. */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * What frames a message stays, whatever Connection names (RFC 9110 section 7.6.1 forbids naming it): a body that is
 * passed on without its length would be read as the next request.
 */
const framing = 'content-length';

/**
 * The end-to-end headers of a message as a flat list of names and values, in order.
 *
 * @param raw names and values in turn, as `IncomingMessage.rawHeaders` has them
 * @param connection value of its Connection header, which may name further headers to leave out
 * @param dropped lower-case names that are left out besides
 */
export function endToEnd(
  raw: readonly string[],
  connection: string | undefined,
  dropped: ReadonlySet<string>,
): string[] {
  const named = namedByConnection(connection);
  const kept: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const lower = name.toLowerCase();
    if (hopByHop.has(lower) || dropped.has(lower) || named?.has(lower)) continue;
    kept.push(name, raw[index + 1] ?? '');
  }
  return kept;
}

function namedByConnection(connection: string | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined || connection === 'close' || connection === 'keep-alive') return undefined;
  const named = new Set(connection.split(',').map((name) => name.trim().toLowerCase()));
  named.delete(framing);
  return named;
}
