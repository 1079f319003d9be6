import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventQueue } from '../../src/balancing/event-queue.js';

describe('the event queue', () => {
  it('gives items by time, and those of one time in the order they came', () => {
    const property = fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (times) => {
      const queue = new EventQueue<{ time: number; index: number }>();
      for (const [index, time] of times.entries()) queue.add(time, { time, index });
      // Array.prototype.toSorted is stable.
      const expected = times.map((time, index) => ({ time, index })).toSorted((a, b) => a.time - b.time);
      expect(queue.size).toBe(times.length);
      for (const item of expected) {
        expect(queue.nextTime).toBe(item.time);
        expect(queue.take()).toEqual(item);
      }
      expect(queue.nextTime).toBe(Number.POSITIVE_INFINITY);
      expect(queue.take()).toBeUndefined();
    });
    fc.assert(property);
  });

  it('keeps its order while items come and go', () => {
    const queue = new EventQueue<string>();
    queue.add(3, 'c');
    queue.add(1, 'a');
    expect(queue.take()).toBe('a');
    queue.add(2, 'b');
    queue.add(3, 'd');
    expect([queue.take(), queue.take(), queue.take(), queue.take()]).toEqual(['b', 'c', 'd', undefined]);
  });
});
