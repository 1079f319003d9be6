const polynomial = 0xedb88320;

const table = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
  return value;
});

/**
 * CRC-32 as zlib and nginx compute it, over a string of one character a byte (only the low 8 bits of each count).
 * `seed` is the CRC of what came before. Unsigned. Own code because `zlib.crc32` takes such a string only by way of a
 * copy, which costs more than it saves for keys of up to some 200 bytes (14 bytes: 160 ns here, 410 ns there).
 */
export function crc32(bytes: string, seed = 0): number {
  let crc = ~seed;
  for (let at = 0; at < bytes.length; at += 1) crc = step(crc, bytes.charCodeAt(at));
  return ~crc >>> 0;
}

/** The same over the four bytes of an unsigned 32-bit integer, lowest first. */
export function crc32OfUint32(value: number, seed: number): number {
  let crc = ~seed;
  crc = step(crc, value);
  crc = step(crc, value >>> 8);
  crc = step(crc, value >>> 16);
  crc = step(crc, value >>> 24);
  return ~crc >>> 0;
}

function step(crc: number, byte: number): number {
  return (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0);
}
