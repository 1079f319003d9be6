import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Ending, EndQueue } from '../../../src/engine/scripted/end-queue.js';

it('gives out what ends first, and of two that end together the one of the lower number', () => {
  const endUs = fc.integer({ min: 0, max: 20 });
  const step = fc.oneof(endUs, fc.constant(undefined));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const queue = new EndQueue<Ending>();
      const sorted: Ending[] = [];
      steps.forEach((at, index) => {
        if (at === undefined) {
          expect(queue.first).toEqual(sorted[0]);
          expect(queue.pop()).toEqual(sorted.shift());
        } else {
          queue.push({ endUs: at, index });
          sorted.push({ endUs: at, index });
          sorted.sort((a, b) => a.endUs - b.endUs || a.index - b.index);
        }
        expect(queue.size).toBe(sorted.length);
      });
    }),
  );
});
