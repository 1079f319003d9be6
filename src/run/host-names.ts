import { ADDRCONFIG } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { Upstream } from '../model/upstream.js';
import { namesIn, withAddresses } from '../nginx/names.js';

/** Looks a host name up: its addresses, or a rejection with a `code`. */
export type LookUp = (host: string) => Promise<readonly string[]>;

/** As nginx asks: without addresses of a family that this machine does not have. */
const lookUpHere: LookUp = async (host) =>
  (await lookup(host, { all: true, order: 'verbatim', hints: ADDRCONFIG })).map(({ address }) => address);

/**
 * The upstream with the addresses behind its host names, as nginx resolves them when it starts; names that do not
 * resolve here stay, and are told.
 */
export async function resolveNames(
  upstream: Upstream,
  lookUp: LookUp = lookUpHere,
): Promise<{ upstream: Upstream; unknown: readonly { readonly host: string; readonly code: string }[] }> {
  const addresses = new Map<string, readonly string[]>();
  const unknown: { host: string; code: string }[] = [];
  for (const host of namesIn(upstream)) {
    try {
      addresses.set(host, await lookUp(host));
    } catch (error) {
      unknown.push({ host, code: (error as NodeJS.ErrnoException).code ?? 'no address' });
    }
  }
  return { upstream: withAddresses(upstream, (host) => addresses.get(host) ?? []), unknown };
}
