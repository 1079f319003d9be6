import { describe, expect, it } from 'vitest';
import { SessionFields, Sessions } from '../../src/engine/sessions.js';
import { warmupIndexBase } from '../../src/engine/warmup.js';

describe('sessions', () => {
  it('take turns in their places: each turn so many requests after the one before', () => {
    const sessions = new Sessions({ turns: 3, open: 4 });
    const turns = Array.from({ length: 240 }, (_, index) => ({ index, ...sessions.turnOf(index) }));
    const bySession = new Map<number, typeof turns>();
    for (const one of turns) bySession.set(one.session, [...(bySession.get(one.session) ?? []), one]);
    for (const [, of] of bySession) {
      of.forEach(({ turn }, at) => {
        expect(turn).toBe(at);
      });
      of.slice(1).forEach(({ index }, at) => {
        expect(index - (of[at]?.index ?? 0)).toBe(4);
      });
    }
    const lengths = [...bySession.values()].map((of) => of.length);
    // The first of each place are shorter, so that not all begin anew at once.
    expect(lengths.slice(0, 4)).toEqual([3, 2, 1, 3]);
    expect(new Set(lengths.slice(4, 70))).toEqual(new Set([3]));
  });

  it('are others in a warm-up', () => {
    const sessions = new Sessions({ turns: 3, open: 4 });
    expect(sessions.turnOf(warmupIndexBase + 5)).toEqual({ session: warmupIndexBase + 1, turn: 1 });
  });

  it('have names that a seed decides, and turns from 1', () => {
    const sessions = new Sessions({ turns: 2, open: 3 });
    const fields = new SessionFields(sessions, 1, undefined);
    const [name, turn] = ['session', 'turn'].map((field) => fields.columnOf(field, 'header') as number) as [
      number,
      number,
    ];
    const names = Array.from({ length: 300 }, (_, index) => fields.valueOf(index, name));
    expect(names[0]).toMatch(/^[0-9a-f]{16}$/);
    expect(names[3]).toBe(names[0]);
    expect(new Set(names).size).toBe(new Set(names.map((_, index) => sessions.turnOf(index).session)).size);
    expect([fields.valueOf(0, turn), fields.valueOf(3, turn)]).toEqual(['1', '2']);
    expect(new SessionFields(sessions, 2, undefined).valueOf(0, name)).not.toBe(names[0]);
    expect(fields.columnOf('user', 'header')).toBeUndefined();
  });
});
