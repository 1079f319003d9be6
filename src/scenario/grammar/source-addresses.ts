import type { Parsed } from '../../model/parsed.js';
import { parseIPv4, parseIPv6 } from '../../text/ip.js';
import { shown } from '../../text/shown.js';
import { parseTemplate } from '../../text/template.js';

/** As many as one IPv4 /16 has. */
export const maxSourceAddresses = 65_536;

const hint = 'write an IPv4 or IPv6 address of this machine, with ranges where you like: 127.0.{1..32}.1';

/**
 * Expands `127.0.{1..32}.1` into 32 addresses; of several ranges the last one runs fastest. In an IPv6 address the
 * numbers of a range are put in as they are, in decimal digits.
 */
export function parseSourceAddresses(text: string): Parsed<readonly string[]> {
  if (text.length > 200) {
    return { ok: false, message: `expected an address or range of addresses, got ${shown(text)}`, hint };
  }
  const parsed = parseTemplate(text, 'text');
  if (!parsed.ok) return parsed;
  const { literals, draws } = parsed.value;
  const ranges = draws.filter((draw) => draw.kind === 'range');
  if (ranges.length < draws.length) {
    return { ok: false, message: `expected an address or range of addresses, got ${shown(text)}`, hint };
  }
  const count = ranges.reduce((product, { from, to }) => product * (to - from + 1), 1);
  if (count > maxSourceAddresses) {
    return {
      ok: false,
      message: `expected at most ${maxSourceAddresses} source addresses, got ${count}`,
      hint: 'narrow the ranges',
    };
  }
  const addresses = ranges.reduce(
    (heads, { from, to }, index) => {
      const numbers = Array.from({ length: to - from + 1 }, (_, at) => from + at);
      return heads.flatMap((head) => numbers.map((number) => `${head}${number}${literals[index + 1]}`));
    },
    [literals[0] ?? ''],
  );
  const wrong = addresses.find((address) => familyOf(address) === undefined);
  return wrong === undefined
    ? { ok: true, value: addresses }
    : { ok: false, message: `expected an IP address, got ${shown(wrong)}`, hint };
}

/** 4 or 6 for a literal address as sockets take it, else `undefined`. */
export function familyOf(address: string): 4 | 6 | undefined {
  // A leading zero is decimal to nginx, octal to others, and refused by Node.
  if (parseIPv4(address) !== undefined && !/(^|\.)0\d/.test(address)) return 4;
  return parseIPv6(address) === undefined ? undefined : 6;
}
