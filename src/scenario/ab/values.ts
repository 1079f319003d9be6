import type { Parsed } from '../../model/parsed.js';
import type { TlsVersion } from '../../model/plan.js';
import { shown } from '../../text/shown.js';
import { parseHeaderValue, parseRequestHeaderName } from '../grammar/http-field.js';
import { parseCount, parseDuration } from '../grammar/quantity.js';
import { parseSourceAddresses } from '../grammar/source-addresses.js';
import { parseTargetUrl } from '../grammar/target-url.js';

/** A whole number that stays exact; `undefined` for any other text. ab would read `1e3` as 1. */
export function wholeNumber(text: string): number | undefined {
  const number = /^\s*[+-]?\d{1,15}\s*$/.test(text) ? Number(text) : undefined;
  return number === 0 ? 0 : number;
}

/** `-n` and `-c`: the same, or `10k`, of which ab takes the digits. */
export function countOf(text: string): number | undefined {
  const count = parseCount(text, 0, Number.MAX_SAFE_INTEGER);
  return count.ok ? count.value : wholeNumber(text);
}

/** `-t` and `-s`: whole seconds, with or without the unit, as ab's `-t 60s` works; beyond ab, `1m30s`. */
export function parseSeconds(text: string, atLeast: number): Parsed<number> {
  const time = parseDuration(text);
  const seconds =
    time.ok && Number.isInteger(time.value / 1000)
      ? time.value / 1000
      : wholeNumber(text.replace(/s\s*$/, ''));
  return seconds !== undefined && seconds >= atLeast && seconds <= 2_000_000
    ? { ok: true, value: seconds }
    : { ok: false, message: `expected whole seconds from ${atLeast} to 2000000, got ${shown(text)}` };
}

/** `-H`: `Name: value`. Neither the value nor a line without a name gets into the message; it may be a credential. */
export function parseHeaderLine(text: string): Parsed<readonly [name: string, value: string]> {
  const colon = text.indexOf(':');
  if (colon === -1) return { ok: false, message: 'expected "Name: value", got a line without a colon' };
  const name = parseRequestHeaderName(text.slice(0, colon));
  if (!name.ok) return name;
  const value = parseHeaderValue(text.slice(colon + 1).trim());
  return value.ok ? { ok: true, value: [name.value, value.value] } : value;
}

/** `-B`: one address, or several with commas between them; each may have ranges. */
export function parseAddresses(text: string): Parsed<readonly string[]> {
  const addresses: string[] = [];
  for (const part of text.split(',')) {
    const parsed = parseSourceAddresses(part.trim());
    if (!parsed.ok) return parsed;
    addresses.push(...parsed.value);
  }
  return { ok: true, value: addresses };
}

/** `-X`: `host[:port]`. ab connects to port 0 when none is given; ours is 80. */
export function parseProxy(text: string): Parsed<{ readonly host: string; readonly port: number }> {
  const parsed = /[/?#@]/.test(text) ? undefined : parseTargetUrl(`http://${text}`);
  return parsed?.ok === true && parsed.value.socketPath === undefined
    ? { ok: true, value: { host: parsed.value.host, port: parsed.value.port } }
    : { ok: false, message: 'expected the proxy as host[:port]' };
}

const protocols: readonly (readonly [name: string, version: TlsVersion | undefined])[] = [
  ['ALL', undefined],
  ['TLS1.1', 'TLSv1.1'],
  ['TLS1.2', 'TLSv1.2'],
  ['TLS1.3', 'TLSv1.3'],
  ['TLS1', 'TLSv1'],
];

/** `-f`, by its beginning and in any case, as ab reads it. */
export function parseProtocol(text: string): Parsed<TlsVersion | undefined> {
  const found = protocols.find(([name]) => text.toUpperCase().startsWith(name));
  return found === undefined
    ? { ok: false, message: `expected TLS1, TLS1.1, TLS1.2, TLS1.3 or ALL, got ${shown(text)}` }
    : { ok: true, value: found[1] };
}
