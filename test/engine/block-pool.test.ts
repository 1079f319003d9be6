import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BlockMemory, poolEmpty, poolLater } from '../../src/engine/block-pool.js';

test('gives every number of its blocks once, and says when it has to wait', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 60 }), (size, blockSize) => {
      const memory = new BlockMemory(size, blockSize);
      const count = Math.ceil(size / blockSize);
      let next = 0;
      let begun = 0;
      const drawn: number[] = [];
      for (let guard = 0; guard < 5000; guard++) {
        const index = memory.draw(() => begun++);
        if (index === poolEmpty) break;
        if (index !== poolLater) {
          drawn.push(index);
          continue;
        }
        if (next < count) memory.add(next++ * blockSize);
        else memory.end();
        expect(memory.untouched).toBeLessThanOrEqual(1);
      }
      expect(drawn).toEqual(Array.from({ length: size }, (_, index) => index));
      expect(begun).toBe(count);
    }),
  );
});

test('counts the blocks that nobody has begun', () => {
  const memory = new BlockMemory(100, 10);
  memory.add(30);
  memory.add(70);
  expect(memory.untouched).toBe(2);
  expect(memory.draw(() => {})).toBe(30);
  expect(memory.untouched).toBe(1);
});
