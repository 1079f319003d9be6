import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteCache } from '../../src/text/byte-cache.js';

/** Few bytes and few values, so that the same ones come again and hashes collide. */
const label = fc.uint8Array({ max: 3, maxLength: 5 });
const step = fc.record({ label, before: fc.nat(7), after: fc.nat(7) });

describe('the memory of header values', () => {
  it('is that of a Map, wherever in a buffer the bytes lie', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const cache = new ByteCache<number>();
        const map = new Map<string, number>();
        steps.forEach(({ label: bytes, before, after }, value) => {
          const buffer = Buffer.concat([Buffer.alloc(before, 1), bytes, Buffer.alloc(after, 2)]);
          const [start, end] = [before, before + bytes.length];
          const key = Buffer.from(bytes).toString('hex');
          expect(cache.get(buffer, start, end)).toBe(map.get(key));
          if (!map.has(key)) {
            cache.set(buffer, start, end, value);
            map.set(key, value);
          }
          // What is remembered are bytes of its own: the buffer is used again.
          buffer.fill(9);
        });
      }),
    );
  });

  it('holds 4,096 values and no more, and knows them still when others come', () => {
    const cache = new ByteCache<number>();
    const bytesOf = (n: number) => Buffer.from(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}:80`);
    for (let n = 0; n < 6000; n++) {
      const bytes = bytesOf(n);
      expect(cache.get(bytes, 0, bytes.length)).toBeUndefined();
      cache.set(bytes, 0, bytes.length, n);
    }
    for (let n = 0; n < 6000; n++) {
      const bytes = bytesOf(n);
      expect(cache.get(bytes, 0, bytes.length)).toBe(n < 4096 ? n : undefined);
    }
  });

  it('gives up on values made to collide instead of searching through all of them', () => {
    const cache = new ByteCache<number>();
    // The hash looks at the last seven bytes and every fourth before them, so not at these two.
    const bytesOf = (n: number) => {
      const bytes = Buffer.alloc(32, 97);
      bytes[32 - 9] = n & 255;
      bytes[32 - 10] = n >> 8;
      return bytes;
    };
    for (let n = 0; n < 1000; n++) cache.set(bytesOf(n), 0, 32, n);
    for (let n = 0; n < 1000; n++) expect(cache.get(bytesOf(n), 0, 32)).toBe(n < 64 ? n : undefined);
  });

  it('does not keep values longer than 512 bytes', () => {
    const cache = new ByteCache<number>();
    const bytes = Buffer.alloc(513, 97);
    cache.set(bytes, 0, 513, 1);
    cache.set(bytes, 0, 512, 2);
    expect([cache.get(bytes, 0, 513), cache.get(bytes, 0, 512)]).toEqual([undefined, 2]);
  });
});
