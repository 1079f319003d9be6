import type { Parsed } from '../../model/parsed.js';
import { parseAddress } from '../../nginx/address.js';
import { shown } from '../../text/shown.js';

/**
 * Reads weights of backends, `127.0.0.1:8001=3,127.0.0.1:8002=1`, by the address as nginx prints it; what is no address
 * stays as it is, because a body may name backends otherwise. A comma or an equals sign may be part of a socket's path.
 */
export function parseWeights(text: string): Parsed<Readonly<Record<string, number>>> {
  const weights = new Map<string, number>();
  let end = 0;
  for (const match of text.matchAll(/\s*(\S.*?)=(\d{1,9}(?:\.\d{1,9})?)\s*(?:,|$)/gsy)) {
    const name = canonical(match[1] ?? '');
    if (weights.has(name))
      return { ok: false, message: `expected each address once, got ${shown(name)} again` };
    weights.set(name, Number(match[2]));
    end = match.index + match[0].length;
  }
  if (end === text.length && weights.size > 0) return { ok: true, value: Object.fromEntries(weights) };
  return {
    ok: false,
    message: `expected ADDRESS=WEIGHT, got ${shown(text.slice(end))}`,
    hint: 'write addresses as nginx logs them: 127.0.0.1:8001=3,127.0.0.1:8002=1',
  };
}

function canonical(name: string): string {
  const address = parseAddress(name);
  return address.ok && address.value.kind !== 'name' ? address.value.canonical : name;
}
