import { describe, expect, it } from 'vitest';
import { SessionFields, Sessions } from '../../src/engine/sessions.js';
import { warmupIndexBase } from '../../src/engine/warmup.js';

describe('sessions', () => {
  it('take turns in their places: each turn about so many requests after the one before', () => {
    const sessions = new Sessions({ turns: 3, open: 12 }, 1);
    const bySession = new Map<number, { readonly index: number; readonly turn: number }[]>();
    for (let index = 0; index < 1200; index += 1) {
      const { session, turn } = sessions.turnOf(index);
      bySession.set(session, [...(bySession.get(session) ?? []), { index, turn }]);
    }
    const gaps: number[] = [];
    for (const [, of] of bySession) {
      expect(of.map(({ turn }) => turn)).toEqual(of.map((_, at) => at));
      of.slice(1).forEach(({ index }, at) => {
        gaps.push(index - (of[at]?.index ?? 0));
      });
    }
    // Twelve, and less than half of them more or less: any of these, so that no rotation meets it.
    expect([Math.min(...gaps), Math.max(...gaps)]).toEqual([7, 17]);
    expect(new Set(gaps.map((gap) => gap % 3)).size).toBe(3);
    const lengths = [...bySession].sort(([a], [b]) => a - b).map(([, of]) => of.length);
    // The first of each place are shorter, so that not all begin anew at once.
    expect(lengths.slice(0, 12)).toEqual([3, 2, 1, 3, 2, 1, 3, 2, 1, 3, 2, 1]);
    expect(new Set(lengths.slice(12, 380))).toEqual(new Set([3]));
  });

  it('are others in a warm-up', () => {
    const sessions = new Sessions({ turns: 3, open: 4 }, 1);
    const { session, turn } = sessions.turnOf(warmupIndexBase + 5);
    expect([session >= warmupIndexBase, turn]).toEqual([true, 1]);
  });

  it('have names that a seed decides, and turns from 1', () => {
    const sessions = new Sessions({ turns: 2, open: 3 }, 1);
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
