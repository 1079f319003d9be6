import type { ServerLine, Upstream } from '../model/upstream.js';
import { parseAddress } from './address.js';

/** The host names among an upstream's servers, which nginx resolves once when it reads its configuration. */
export function namesIn({ servers }: Upstream): readonly string[] {
  return [...new Set(servers.flatMap((line) => nameOf(line)?.host ?? []))];
}

/**
 * The upstream as nginx balances it: a server given by name becomes one server for each of its addresses, all with
 * its whole weight, IPv4 before IPv6 as nginx orders them. `addressesOf` looks a name up; a name without addresses,
 * with which nginx would not start, stays as it is.
 */
export function withAddresses(
  upstream: Upstream,
  addressesOf: (host: string) => readonly string[],
): Upstream {
  const servers = upstream.servers.flatMap((line) => {
    const name = nameOf(line);
    if (name === undefined) return [line];
    const lines = addressesOf(name.host)
      .map((address) =>
        parseAddress(address.includes(':') ? `[${address}]:${name.port}` : `${address}:${name.port}`),
      )
      .flatMap((parsed) => (parsed.ok && parsed.value.kind !== 'name' ? [parsed.value] : []))
      .sort((one, other) => Number(one.kind === 'ipv6') - Number(other.kind === 'ipv6'))
      .map(({ canonical }) => ({ ...line, address: canonical }));
    return lines.length > 0 ? lines : [line];
  });
  return { ...upstream, servers };
}

function nameOf({ server }: ServerLine): { readonly host: string; readonly port: number } | undefined {
  const address = parseAddress(server);
  return address.ok && address.value.kind === 'name' ? address.value : undefined;
}
