/**
 * The four bytes of an IPv4 address in nginx's reading: four decimal numbers of at most 255, leading zeros
 * allowed. `undefined` for anything else.
 */
export function parseIPv4(text: string): Uint8Array | undefined {
  // By hand: ip_hash does this for every request, and a regular expression took ten times as long as the choice.
  const bytes = new Uint8Array(4);
  let [dots, digits, value] = [0, 0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 0x30 && code <= 0x39) {
      value = value * 10 + code - 0x30;
      digits += 1;
      if (value > 255) return undefined;
    } else if (code === 0x2e && digits > 0 && dots < 3) {
      bytes[dots] = value;
      dots += 1;
      [digits, value] = [0, 0];
    } else {
      return undefined;
    }
  }
  if (dots !== 3 || digits === 0) return undefined;
  bytes[3] = value;
  return bytes;
}

/** The sixteen bytes of an IPv6 address, without brackets or zone; `undefined` for anything else. */
export function parseIPv6(text: string): Uint8Array | undefined {
  if (text.length > 45 || !/^[0-9a-f:.]+$/i.test(text)) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groupBytes(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? groupBytes(halves[1] ?? '', true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const given = head.length + tail.length;
  // "::" stands for at least one group.
  if (halves.length === 2 ? given > 14 : given !== 16) return undefined;
  return Uint8Array.from([...head, ...Array<number>(16 - given).fill(0), ...tail]);
}

function groupBytes(text: string, isEnd: boolean): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    const ipv4 = isEnd && index === groups.length - 1 ? parseIPv4(group) : undefined;
    if (ipv4 !== undefined) {
      bytes.push(...ipv4);
    } else if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else {
      return undefined;
    }
  }
  return bytes;
}

/**
 * Sixteen bytes as nginx prints them (`ngx_inet6_ntop`): lower case, the first longest run of two or more zero
 * groups as `::`, IPv4-mapped and IPv4-compatible addresses with a dotted tail.
 */
export function formatIPv6(bytes: Uint8Array): string {
  const groups = Array.from(
    { length: 8 },
    (_, index) => (byte(bytes, 2 * index) << 8) | byte(bytes, 2 * index + 1),
  );
  let start = -1;
  let length = 1;
  for (let at = 0; at < 8; at += 1) {
    let zeros = 0;
    while (groups[at + zeros] === 0) zeros += 1;
    if (zeros > length) [start, length] = [at, zeros];
    at += zeros;
  }
  const isDotted =
    start === 0 &&
    ((length === 5 && groups[5] === 0xffff) ||
      length === 6 ||
      (length === 7 && byte(bytes, 14) !== 0 && byte(bytes, 15) !== 1));
  const dotted = bytes.subarray(12).join('.');
  const texts = groups.map((group) => group.toString(16));
  const tail = isDotted ? [...texts.slice(start + length, 6), dotted] : texts.slice(start + length);
  return start < 0 ? texts.join(':') : `${texts.slice(0, start).join(':')}::${tail.join(':')}`;
}

function byte(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}
