import { months } from '../../text/months.js';
/** One finished request, for the access log. */
export interface LoggedRequest {
  readonly remoteAddress: string;
  readonly method: string;
  readonly target: string;
  readonly httpVersion: string;
  /** 499 when the client gave up before an answer. */
  readonly status: number;
  readonly bodyBytes: number;
  readonly authorization: string | undefined;
  readonly referer: string | undefined;
  readonly userAgent: string | undefined;
  readonly forwardedFor: string | undefined;
  readonly upstream: string;
}

/**
 * A line of nginx's access log, without the line break, in the format
 * `$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer"
 * "$http_user_agent" "$http_x_forwarded_for" to: $upstream_addr`, escaped as nginx's default mode does.
 *
 * @param timeLocal as `timeLocal` writes it
 */
export function logLine(request: LoggedRequest, timeLocal: string): string {
  const { method, target, httpVersion, status } = request;
  const code = String(status).padStart(3, '0');
  return (
    `${request.remoteAddress} - ${escaped(remoteUser(request.authorization))} [${timeLocal}] ` +
    `"${escaped(`${method} ${target} HTTP/${httpVersion}`)}" ${code} ${request.bodyBytes} ` +
    `"${escaped(request.referer)}" "${escaped(request.userAgent)}" "${escaped(request.forwardedFor)}" ` +
    `to: ${escaped(request.upstream)}`
  );
}

/** User name of Basic credentials; the password is never logged. */
function remoteUser(authorization: string | undefined): string | undefined {
  const encoded = /^basic +([\w+/=-]+)$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const credentials = Buffer.from(encoded, 'base64').toString('latin1');
  const colon = credentials.indexOf(':');
  return colon > 0 ? credentials.slice(0, colon) : undefined;
}

const plain = /^[ !#-[\]-~]*$/;

/** Node gives header values and targets as Latin-1, one character a byte, so a byte is a character here. */
function escaped(value: string | undefined): string {
  if (value === undefined) return '-';
  if (plain.test(value)) return value;
  return [...Buffer.from(value, 'latin1')]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return plain.test(character) ? character : `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

/** nginx's `$time_local` in UTC: `22/Nov/2026:10:04:04 +0000`. */
export function timeLocal(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${two(date.getUTCDate())}/${months[date.getUTCMonth()]}/${date.getUTCFullYear()}`;
  return `${day}:${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`;
}
