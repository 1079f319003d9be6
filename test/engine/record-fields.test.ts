import { describe, expect, it } from 'vitest';
import { RecordFields } from '../../src/engine/record-fields.js';
import { warmupIndexBase } from '../../src/engine/warmup.js';

const data = (records: number) => ({
  file: 'd',
  order: 'next' as const,
  records,
  columns: [{ field: 'line', form: 'text' as const }],
  bytes: Buffer.from('x'.repeat(records)),
  ends: Uint32Array.from({ length: records }, (_, index) => index + 1),
});

describe('the order of records', () => {
  it('is by the rank of a request among those that take from the data, however far apart the asking is', () => {
    const takes = (index: number) => index % 3 !== 1;
    const fields = new RecordFields(data(1_000_000), 1, takes);
    const expected = (index: number) => Math.floor(index / 3) * 2 + (index % 3 === 2 ? 1 : 0);
    // 4096 marks, 1024 apart at first, are not enough for six million.
    for (const index of [0, 2, 3, 6_000_000, 5, 1023, 1026, 4_500_002, 6_000_003, 77_777 * 3, 0])
      expect(fields.recordOf(index)).toBe(expected(index) % 1_000_000);
  });

  it('is from the end in a warm-up, so that the run does not find what the warm-up left in caches', () => {
    const fields = new RecordFields(data(10), 1, () => true);
    const records = (base: number) => Array.from({ length: 12 }, (_, index) => fields.recordOf(base + index));
    expect(records(0)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
    expect(records(warmupIndexBase)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 9, 8]);
    expect(records(0)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
  });
});
