import type { Parsed } from '../model/parsed.js';
import { formatIPv6, parseIPv4, parseIPv6 } from '../text/ip.js';
import { isPrintable, shown } from '../text/shown.js';

/** What the first argument of an nginx `server` directive points to. */
export type ServerAddress =
  | { readonly kind: 'unix'; readonly path: string; readonly canonical: string }
  | {
      readonly kind: 'ipv4' | 'ipv6' | 'name';
      /** Without brackets. */
      readonly host: string;
      readonly port: number;
      /**
       * What `$upstream_addr` prints. For a name, which nginx replaces by the addresses it resolves to, the
       * name and port.
       */
      readonly canonical: string;
    };

const defaultPort = 80;
/** sizeof(sun_path) on Linux, with its terminating zero. */
const maxUnixPathBytes = 107;
const hint = 'write host, host:port, [IPv6]:port or unix:/path';

/**
 * Reads an address as nginx's `server` directive takes it: the port defaults to 80, `012102` is 12102,
 * `[0:0::1]` becomes `[::1]:80`, and `unix:` (in any case) is kept as written.
 */
export function parseAddress(text: string): Parsed<ServerAddress> {
  if (!isPrintable(text)) return failure(text);
  if (/^unix:/i.test(text)) return unixAddress(text);
  const match = /^(?:\[([^\]]*)\]|([^:/?[\]]+))(?::(\d+))?$/.exec(text);
  if (match === null) return failure(text);
  const port = match[3] === undefined ? defaultPort : Number(match[3]);
  if (port < 1 || port > 65_535) {
    return { ok: false, message: `expected a port from 1 to 65535, got ${shown(match[3] ?? '')}` };
  }
  if (match[1] !== undefined) {
    const bytes = parseIPv6(match[1]);
    if (bytes === undefined) return failure(text);
    const host = formatIPv6(bytes);
    return { ok: true, value: { kind: 'ipv6', host, port, canonical: `[${host}]:${port}` } };
  }
  const host = match[2] ?? '';
  const bytes = parseIPv4(host);
  if (bytes !== undefined) {
    return {
      ok: true,
      value: { kind: 'ipv4', host: bytes.join('.'), port, canonical: `${bytes.join('.')}:${port}` },
    };
  }
  // Digits and dots alone are a mistyped address rather than a name.
  if (!/^[\w.-]{1,253}$/.test(host) || /^[\d.]+$/.test(host)) return failure(text);
  return { ok: true, value: { kind: 'name', host, port, canonical: `${host}:${port}` } };
}

/** An address of the default port as people write it, `10.0.0.1` for `10.0.0.1:80`; `undefined` for any other. */
export function withoutDefaultPort(address: string): string | undefined {
  return /^(.*[^:]):80$/.exec(address)?.[1];
}

function unixAddress(text: string): Parsed<ServerAddress> {
  const path = text.slice('unix:'.length);
  if (path === '') return { ok: false, message: 'expected a path after unix:, got nothing' };
  if (Buffer.byteLength(path) > maxUnixPathBytes) {
    return {
      ok: false,
      message: `expected a socket path of at most ${maxUnixPathBytes} bytes, got ${Buffer.byteLength(path)}`,
    };
  }
  return { ok: true, value: { kind: 'unix', path, canonical: text } };
}

function failure(text: string): Parsed<never> {
  return { ok: false, message: `expected a server address, got ${shown(text)}`, hint };
}

const defaultPorts: Readonly<Record<string, number>> = {
  https: 443,
  wss: 443,
  h2: 443,
  ajp: 8009,
  fcgi: 8000,
};

/**
 * The backend that a URL names, as balancers other than nginx log it and put it in headers (`http://10.0.0.1:80/`): its host
 * and port, or the path of its socket. `undefined` for what is no such URL.
 */
export function backendOfUrl(text: string): string | undefined {
  const [, socket] = /^(unix:[^|\s]+)\|/i.exec(text) ?? [];
  if (socket !== undefined) return socket;
  const [, scheme = '', authority] =
    /^([a-z][a-z0-9+.-]*):\/\/([\w.-]+|\[[0-9a-f:.]+\]|[\w.-]+:\d{1,5}|\[[0-9a-f:.]+\]:\d{1,5})(?:[/?#]\S*)?$/i.exec(
      text,
    ) ?? [];
  if (authority === undefined) return undefined;
  return /:\d+$/.test(authority) && !authority.endsWith(']')
    ? authority
    : `${authority}:${defaultPorts[scheme.toLowerCase()] ?? defaultPort}`;
}

const ipv4Item = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}:\d{1,5}$/;
const ipv6Item = /^\[[0-9a-f:.]{2,45}\]:\d{1,5}$/;
const unixItem = /^unix:./i;

/**
 * Whether one item of `$upstream_addr` is the address of a server rather than the name of the pool, which nginx
 * prints there when no server was left and which has no port (`10.0.0.1`, `all.down`).
 */
export function isUpstreamAddress(item: string): boolean {
  if (ipv4Item.test(item) || ipv6Item.test(item)) return true;
  return unixItem.test(item) && item.length <= maxUnixPathBytes + 5 && isPrintable(item);
}
