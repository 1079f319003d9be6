import { isIPv6 } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { Options } from 'autocannon';
import type { Target, TlsPlan } from '../../model/plan.js';
import { secureOptionsOf } from '../tls-settings.js';

/** Where autocannon connects to. The host is resolved before, as for native, so that both measure the same server. */
export function connectOptions(
  target: Target,
  address: string,
): Pick<Options, 'url' | 'socketPath' | 'servername' | 'tlsOptions'> {
  const scheme = target.tls === undefined ? 'http' : 'https';
  const host = isIPv6(address) ? `[${address}]` : address;
  return {
    url: target.socketPath === undefined ? `${scheme}://${host}:${target.port}` : `${scheme}://localhost`,
    ...(target.socketPath !== undefined && { socketPath: target.socketPath }),
    ...(target.tls?.serverName !== undefined && { servername: target.tls.serverName }),
    ...(target.tls !== undefined && { tlsOptions: tlsOptions(target.tls) }),
  };
}

function tlsOptions(tls: TlsPlan): ConnectionOptions {
  return {
    // On a unix socket it does not pass the name on by itself.
    ...(tls.serverName !== undefined && { servername: tls.serverName }),
    ...secureOptionsOf(tls),
  };
}
