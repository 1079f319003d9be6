import type { LoadJob } from '../engine/load-job.js';
import { frameOf, RequestEncoder } from '../engine/request-encoder.js';
import { RequestMix } from '../engine/request-mix.js';
import type { Algorithm } from '../model/algorithm.js';
import { compileKey } from '../nginx/variables.js';

/**
 * What a method balances request number `index` of a run by: the value of `hash`'s key, or for ip_hash the part of the
 * client's address that it looks at. The result is `undefined` for other methods, and for keys of variables that the request alone
 * does not determine.
 */
export function requestKeyOf(
  job: LoadJob,
  algorithm: Algorithm | undefined,
): ((index: number) => string | undefined) | undefined {
  const { sourceAddresses } = job.load;
  const addressOf = (index: number) => sourceAddresses[index % sourceAddresses.length] ?? '127.0.0.1';
  if (algorithm?.method === 'ip_hash') return (index) => network(addressOf(index));
  if (algorithm?.method !== 'hash') return undefined;
  const compiled = compileKey(algorithm.key);
  if (!compiled.ok) return undefined;
  const keyOf = compiled.value;
  const { authority } = job.target;
  const { userAgent } = job;
  const mix = RequestMix.of(job);
  const frame = frameOf(job);
  const kinds = job.requests.map((request) => ({
    encoder: new RequestEncoder(request, frame, job.seed),
    method: request.method,
    headers: headersOf(request.headers, { host: authority, 'user-agent': userAgent, accept: '*/*' }),
  }));
  return (index) => {
    const kind = kinds[mix.kindOf(index)];
    if (kind === undefined) return undefined;
    // One character a byte, as it goes over the wire.
    const uri = Buffer.from(kind.encoder.pathOf(index), 'utf8').toString('latin1');
    return keyOf({ method: kind.method, uri, headers: kind.headers, remoteAddress: addressOf(index) });
  };
}

/** The first three octets of an IPv4 address, all of an IPv6 one. */
function network(address: string): string {
  return address.includes(':') ? address : address.split('.').slice(0, 3).join('.');
}

function headersOf(
  given: readonly (readonly [name: string, value: string])[],
  general: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = { ...general };
  for (const [name, value] of given) headers[name.toLowerCase()] = value;
  return headers;
}
