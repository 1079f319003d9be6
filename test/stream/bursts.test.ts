import { describe, expect, it } from 'vitest';
import { Bursts } from '../../src/stream/bursts.js';

/** Reads of so many bytes of body at so many milliseconds, behind a head of 200 bytes, each with 8 bytes of framing. */
function bursts(reads: readonly (readonly [atMs: number, bytes: number])[], framing = 8, head = 200) {
  const seen = new Bursts();
  let body = 0;
  let received = head;
  for (const [atMs, bytes] of reads) {
    body += bytes;
    received += bytes + framing;
    seen.read(atMs * 1000, body, received);
  }
  const { inner, ofPages, beforeLast, ofTlsBuffers } = seen;
  return { inner, ofPages, beforeLast, ofTlsBuffers };
}

describe('Bursts', () => {
  it('finds whole pages between the first burst and the last', () => {
    const reads = [
      [10, 3900],
      [100, 4096],
      [200, 8192],
      [300, 77],
    ] as const;
    expect(bursts(reads)).toEqual({ inner: 2, ofPages: 2, beforeLast: 3, ofTlsBuffers: 0 });
  });

  it('takes reads together that a network cut', () => {
    const reads = [
      [10, 3900],
      [100, 1448],
      [100.3, 1448],
      [101, 1200],
      [200, 4096],
      [300, 77],
    ] as const;
    expect(bursts(reads)).toMatchObject({ inner: 2, ofPages: 2 });
  });

  it('finds TLS buffers from the first byte of the answer on', () => {
    const reads = [
      [100, 16_384 - 208],
      [200, 16_384 - 8],
      [300, 99],
    ] as const;
    expect(bursts(reads)).toEqual({ inner: 1, ofPages: 0, beforeLast: 2, ofTlsBuffers: 2 });
  });

  it('sees events of any size for what they are, also where the reader was late', () => {
    const events = Array.from({ length: 50 }, (_, i) => [10 * i, 247] as const);
    const late = Array.from({ length: 10 }, (_, i) => [50 * i, 5 * 247] as const);
    expect(bursts(events)).toMatchObject({ inner: 48, ofPages: 0, ofTlsBuffers: 0 });
    expect(bursts(late)).toMatchObject({ inner: 8, ofPages: 0, ofTlsBuffers: 0 });
  });

  it('does not count a head that came alone', () => {
    const seen = new Bursts();
    seen.read(0, 0, 200);
    seen.read(50_000, 100, 308);
    seen.read(90_000, 200, 416);
    expect(seen).toMatchObject({ inner: 0, beforeLast: 1 });
  });
});
