import type { LoadJob } from '../engine/load-job.js';
import { encodersOf, type RequestEncoder } from '../engine/request-encoder.js';
import { requestMixOf } from '../engine/request-mix.js';
import { markedFor } from '../engine/run-mark.js';
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
  const clients = clientAddresses(job);
  const addressOf = (index: number) => clients[index % clients.length] ?? '';
  if (algorithm?.method === 'ip_hash') return (index) => network(addressOf(index));
  if (algorithm?.method !== 'hash') return undefined;
  const compiled = compileKey(algorithm.key);
  if (!compiled.ok) return undefined;
  const keyOf = compiled.value;
  const marked = markedFor(job, 'run');
  const mix = requestMixOf(marked);
  const encoders = encodersOf(marked);
  const readsLength = /content_length/i.test(algorithm.key);
  return (index) => {
    const encoder = encoders[mix.kindOf(index)];
    if (encoder === undefined) return undefined;
    const { method } = encoder.request;
    const fields = encoder.fieldsOf(index).map(([name, value]) => [name.toLowerCase(), value]);
    const headers = { ...Object.fromEntries(fields), ...(readsLength ? lengthField(encoder, index) : {}) };
    // One character a byte, as it goes over the wire.
    const uri = Buffer.from(encoder.pathOf(index), 'utf8').toString('latin1');
    return keyOf({ method, uri, headers, remoteAddress: addressOf(index) });
  };
}

/**
 * The addresses that requests come from, in turn, as a balancer on this machine sees them: that of loopback where the
 * system chooses.
 */
export function clientAddresses({ load, target }: LoadJob): readonly string[] {
  if (load.sourceAddresses.length > 0) return load.sourceAddresses;
  return [target.host.includes(':') ? '::1' : '127.0.0.1'];
}

function lengthField(encoder: RequestEncoder, index: number): Readonly<Record<string, string>> {
  const length = encoder.lengthOf(index);
  return length === undefined ? {} : { 'content-length': String(length) };
}

/** The first three octets of an IPv4 address, all of an IPv6 one. */
function network(address: string): string {
  return address.includes(':') ? address : address.split('.').slice(0, 3).join('.');
}
