import type { Parsed } from '../../model/parsed.js';
import { parseIPv4, parseIPv6 } from '../../nginx/ip.js';
import { shown } from '../../text/shown.js';
import { findRanges } from './number-range.js';

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
  const ranges = findRanges(text);
  if (!ranges.ok) return ranges;
  const count = ranges.value.reduce((product, { from, to }) => product * (to - from + 1), 1);
  if (count > maxSourceAddresses) {
    return {
      ok: false,
      message: `expected at most ${maxSourceAddresses} source addresses, got ${count}`,
      hint: 'narrow the ranges',
    };
  }
  let heads = [''];
  let end = 0;
  for (const { offset, length, from, to } of ranges.value) {
    const between = text.slice(end, offset);
    const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index);
    heads = heads.flatMap((head) => numbers.map((number) => `${head}${between}${number}`));
    end = offset + length;
  }
  const addresses = heads.map((head) => head + text.slice(end));
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
