import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SampleOrder } from '../../../src/engine/native/sample-order.js';
import type { Sample } from '../../../src/model/sample.js';

const sample = (index: number, start: number, service: number) => ({ index, start, service }) as Sample;

describe('SampleOrder', () => {
  it('passes on what ended before every thread’s word, in that order', () => {
    const ends: number[] = [];
    const order = new SampleOrder(2, ({ start, service }) => ends.push(start + service));
    order.add(0, [sample(0, 1, 1), sample(1, 2, 4)], 7);
    expect(ends).toEqual([]);
    order.add(1, [sample(2, 1, 4), sample(3, 1, 9)], 5);
    // One that ended at the very moment may have company yet.
    expect(ends).toEqual([2]);
    order.add(1, [], 8);
    expect(ends).toEqual([2, 5, 6]);
    order.add(0, [], Number.POSITIVE_INFINITY);
    order.add(1, [], Number.POSITIVE_INFINITY);
    expect(ends).toEqual([2, 5, 6, 10]);
  });

  it('loses none and disorders none, however the batches come', () => {
    const thread = fc.array(fc.integer({ min: 1, max: 1000 }), { maxLength: 40 });
    fc.assert(
      fc.property(
        fc.array(thread, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 300 }),
        (threads, step) => {
          const ends: number[] = [];
          const order = new SampleOrder(threads.length, ({ service }) => ends.push(service));
          for (let fromMs = 0; fromMs <= 1000; fromMs += step) {
            const untilMs = fromMs + step;
            for (const [index, all] of threads.entries()) {
              const batch = all.filter((end) => end >= fromMs && end < untilMs);
              order.add(
                index,
                batch.map((end) => sample(0, 0, end)),
                untilMs,
              );
            }
          }
          expect(ends).toEqual(threads.flat().sort((one, other) => one - other));
        },
      ),
    );
  });
});
