import { describe, expect, it } from 'vitest';
import { Affinity } from '../../src/distribution/affinity.js';

/** Sessions of four turns over three backends, each turn where `place` says. */
function affinityOf(sessions: number, place: (session: number, turn: number) => number) {
  const affinity = new Affinity();
  for (let turn = 0; turn < 4; turn++) {
    for (let session = 0; session < sessions; session++) {
      affinity.record(session, `127.0.0.1:800${place(session, turn)}`, turn === 3);
    }
  }
  return affinity.report();
}

describe('Affinity', () => {
  it('is whole where every session stays where it began', () => {
    const report = affinityOf(300, (session) => session % 3);
    expect(report).toMatchObject({ by: 'session', turns: 900, kept: 900, ratio: 1, high: 1 });
    expect(report).toMatchObject({ sessions: 300, movedSessions: 0, coldPrefixes: 300, avoidableMisses: 0 });
    expect(report?.chance).toBeCloseTo(1 / 3);
    expect(report?.low).toBeGreaterThan(0.99);
  });

  it('is what chance has where turns go anywhere', () => {
    let state = 1;
    const draw = () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((state / 2 ** 32) * 3);
    };
    const { ratio = 0, chance = 0, low = 0, high = 0 } = affinityOf(1000, draw) ?? {};
    expect(low).toBeLessThan(chance);
    expect(high).toBeGreaterThan(chance);
    expect(ratio).toBeCloseTo(1 / 3, 1);
  });

  it('counts a backend as cold once for each session', () => {
    // There and back again: two moves, of which the second comes to what it knows.
    const report = affinityOf(10, (_session, turn) => (turn === 1 ? 1 : 0));
    expect(report).toMatchObject({
      turns: 30,
      kept: 10,
      movedSessions: 10,
      coldPrefixes: 20,
      avoidableMisses: 10,
    });
  });

  it('says nothing of sessions of one turn', () => {
    const affinity = new Affinity();
    affinity.record(1, 'a', true);
    affinity.record(2, 'b', true);
    expect(affinity.report()).toBeUndefined();
  });
});
