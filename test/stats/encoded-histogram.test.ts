import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { readHistogram } from '../../src/stats/encoded-histogram.js';

interface Head {
  readonly cookie?: number;
  readonly length?: number;
  readonly digits?: number;
  readonly lowest?: bigint;
  readonly highest?: bigint;
}

/** A histogram as HdrHistogram's V2 encoding lays it out, true where not told otherwise. */
function plain(payload: readonly number[], head: Head = {}): Buffer {
  const bytes = Buffer.alloc(40);
  bytes.writeInt32BE(head.cookie ?? 0x1c849313, 0);
  bytes.writeInt32BE(head.length ?? payload.length, 4);
  bytes.writeInt32BE(head.digits ?? 3, 12);
  bytes.writeBigInt64BE(head.lowest ?? 1n, 16);
  bytes.writeBigInt64BE(head.highest ?? 3_600_000_000n, 24);
  return Buffer.concat([bytes, Buffer.from(payload)]);
}

function packed(inner: Buffer, length?: number, cookie = 0x1c849314): string {
  const deflated = deflateSync(inner);
  const bytes = Buffer.alloc(8);
  bytes.writeInt32BE(cookie, 0);
  bytes.writeInt32BE(length ?? deflated.length, 4);
  return Buffer.concat([bytes, deflated]).toString('base64');
}

const honest = (payload: readonly number[], head: Head = {}) => packed(plain(payload, head));
/** Four empty slots (-4 is 7 in ZigZag), then three values of 4 and one of 5. */
const small = [7, 6, 2];

describe('readHistogram', () => {
  it('reads what the encoding lays down', () => {
    const read = readHistogram(honest(small));
    expect([0, 50, 75, 76, 100].map((percentile) => read?.(percentile))).toEqual([4, 4, 4, 5, 5]);
  });

  it('reads every percentile as hdr-histogram-js does, of any precision and unit', () => {
    const us = fc.oneof(fc.nat(3000), fc.nat(2_000_000_000), fc.nat(7_200_000_000_000));
    fc.assert(
      fc.property(
        fc.array(us, { minLength: 1, maxLength: 100 }),
        fc.constantFrom(1, 2, 3, 4, 5) as fc.Arbitrary<1 | 2 | 3 | 4 | 5>,
        fc.constantFrom(1, 10, 1000),
        fc.boolean(),
        (values, digits, lowest, autoResize) => {
          const histogram = build({
            bitBucketSize: 64,
            lowestDiscernibleValue: lowest,
            highestTrackableValue: autoResize ? 2 * lowest : 7_200_000_000_000,
            numberOfSignificantValueDigits: digits,
            autoResize,
          });
          for (const value of values) histogram.recordValue(value);
          const encoded = encodeIntoCompressedBase64(histogram);
          const expected = decodeFromCompressedBase64(encoded, 64, false);
          const read = readHistogram(encoded);
          for (const percentile of [0, 1, 7, 50, 90, 99, 99.9, 100, (1 / values.length) * 100]) {
            expect(read?.(percentile)).toBe(expected.getValueAtPercentile(percentile));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('reads counts beyond 32 bits', () => {
    // ZigZag of 2^40 is 2^41: five bytes of seven empty bits, and 2^6 in the sixth.
    const read = readHistogram(
      honest([0x80, 0x80, 0x80, 0x80, 0x80, 0x40, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40]),
    );
    expect([read?.(50), read?.(50.1)]).toEqual([0, 1]);
  });

  it.each([
    ['nothing', ''],
    ['no base64', '<script>'],
    ['a text cut short', honest(small).slice(0, 20)],
    [
      'no deflated text',
      Buffer.concat([Buffer.from([0x1c, 0x84, 0x93, 0x14, 0, 0, 0, 4]), Buffer.alloc(4)]).toString('base64'),
    ],
    ['another outer cookie', packed(plain(small), undefined, 0x1c849312)],
    ['a negative outer length', packed(plain(small), -5)],
    ['an outer length beyond the text', packed(plain(small), 1000)],
    ['another inner cookie', honest(small, { cookie: 0x1c849301 })],
    ['a negative payload length, at which hdr-histogram-js reads on for 4 GB', honest(small, { length: -5 })],
    ['a payload length beyond the payload', honest(small, { length: 4 })],
    ['a payload longer than it says', honest(small, { length: 2 })],
    ['a head cut short', packed(plain([]).subarray(0, 30))],
    ['six digits', honest(small, { digits: 6 })],
    ['negative digits', honest(small, { digits: -1 })],
    ['a lowest value of 0', honest(small, { lowest: 0n })],
    ['a highest value below the lowest', honest(small, { highest: 1n })],
    ['a number that never ends', honest([0x80, 0x80])],
    // Read by hdr-histogram-js as so many slots to walk through.
    ['a run of 2^62 empty slots', honest([...Array<number>(8).fill(0xff), 0xff, 2])],
    ['a value beyond the highest', honest([...small, 2, 2], { highest: 2n, digits: 0 })],
    ['counts that a number cannot hold', honest(Array<number>(18).fill(0xfe))],
    ['no values', honest([])],
    ['empty slots only', honest([7])],
  ])('takes %s for no histogram', (_, encoded) => {
    expect(readHistogram(encoded)).toBeUndefined();
  });

  it('inflates no more than a histogram can need', () => {
    const bomb = packed(Buffer.alloc(64 * 1024 * 1024));
    const before = process.memoryUsage().rss;
    expect(readHistogram(bomb)).toBeUndefined();
    expect(process.memoryUsage().rss - before).toBeLessThan(32 * 1024 * 1024);
    expect(readHistogram('A'.repeat(10_000_000))).toBeUndefined();
  });
});
