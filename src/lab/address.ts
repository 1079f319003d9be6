import { LbbenchError } from '../model/fault.js';
import { parseAddress } from '../nginx/address.js';
import { shown } from '../text/shown.js';

/** A socket address in the form that `server.listen` and `net.connect` take. */
export type SocketAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/**
 * Where a demo backend listens, from its address as nginx prints it: `127.0.0.1:8001`, `[::1]:8001`,
 * `unix:/run/a.sock`. A host name is refused: nginx makes one peer of every address it resolves to, so one demo
 * backend could not stand for it.
 *
 * @throws {LbbenchError} of kind `usage` when it is none of these
 */
export function socketAddress(address: string): SocketAddress {
  const parsed = parseAddress(address);
  if (parsed.ok) {
    const { value } = parsed;
    if (value.kind === 'unix') return { path: value.path };
    if (value.kind !== 'name') return { host: value.host, port: value.port };
  }
  throw new LbbenchError('usage', [
    {
      path: 'lab.servers',
      message: `expected an IP address with a port or a unix socket for a demo backend, got ${shown(address)}`,
      hint: 'write it like 127.0.0.1:8001, [::1]:8001 or unix:/tmp/a.sock',
    },
  ]);
}

/** The reverse, as nginx's `$upstream_addr` prints it. */
export function addressText(address: SocketAddress): string {
  if ('path' in address) return `unix:${address.path}`;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

const advice: Readonly<Record<string, string>> = {
  EADDRINUSE: 'stop the program that listens there or choose another port',
  EADDRNOTAVAIL: 'choose an address of this machine such as 127.0.0.1',
  EACCES: 'choose a port from 1024 up, or a folder you may write to for a unix socket',
  ENOENT: 'make the folder of the unix socket first',
};

const reason: Readonly<Record<string, string>> = {
  EADDRINUSE: 'it is already in use',
  EADDRNOTAVAIL: 'this machine does not have that address',
  EACCES: 'permission denied',
  ENOENT: 'its folder does not exist',
};

/** Why nothing can listen on an address, as an error for people. */
export function listenError(who: string, address: string, error: NodeJS.ErrnoException): LbbenchError {
  const code = error.code ?? '';
  return new LbbenchError('unmeasurable', [
    {
      path: 'lab',
      message: `expected to start ${who} on ${address}, but ${reason[code] ?? error.message}`,
      hint: advice[code],
    },
  ]);
}
