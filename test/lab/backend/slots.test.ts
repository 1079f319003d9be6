import { describe, expect, it } from 'vitest';
import { Slots } from '../../../src/lab/backend/slots.js';

describe('slots', () => {
  it('run at once up to the limit and the rest in order of arrival', () => {
    const slots = new Slots(2);
    const ran: string[] = [];
    for (const name of ['a', 'b', 'c', 'd']) slots.acquire(() => ran.push(name));
    expect(ran).toEqual(['a', 'b']);
    slots.release();
    expect(ran).toEqual(['a', 'b', 'c']);
    slots.release();
    slots.release();
    expect(ran).toEqual(['a', 'b', 'c', 'd']);
  });

  it('forget work that gave up while queued, but not work that has begun', () => {
    const slots = new Slots(1);
    const ran: string[] = [];
    const first = () => void ran.push('first');
    const second = () => void ran.push('second');
    slots.acquire(first);
    slots.acquire(second);
    expect(slots.cancel(second)).toBe(true);
    expect(slots.cancel(first)).toBe(false);
    slots.release();
    slots.acquire(() => ran.push('third'));
    expect(ran).toEqual(['first', 'third']);
  });

  it('have no limit when none is given', () => {
    const slots = new Slots(undefined);
    let ran = 0;
    for (let index = 0; index < 1000; index++) slots.acquire(() => ran++);
    expect(ran).toBe(1000);
  });
});
