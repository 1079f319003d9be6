import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32, crc32OfUint32 } from '../../src/balancing/crc32.js';

describe('crc32', () => {
  it('has the check value of the CRC catalogue', () => {
    // CRC-32/ISO-HDLC of "123456789".
    expect(crc32('123456789')).toBe(0xcbf43926);
    expect(crc32('')).toBe(0);
  });

  it('agrees with zlib on all bytes, in one piece and in two', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (head, tail) => {
        const [first, second] = [head, tail].map((bytes) => Buffer.from(bytes).toString('latin1'));
        expect(crc32(second ?? '', crc32(first ?? ''))).toBe(zlibCrc32(Buffer.concat([head, tail])));
      }),
    );
  });

  it('takes an integer for its four bytes, lowest first', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffffffff }),
        fc.integer({ min: 0, max: 0xffffffff }),
        (value, seed) => {
          const bytes = Buffer.alloc(4);
          bytes.writeUInt32LE(value);
          expect(crc32OfUint32(value, seed)).toBe(zlibCrc32(bytes, seed));
        },
      ),
    );
  });
});
