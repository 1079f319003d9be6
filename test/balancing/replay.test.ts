import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBalancer } from '../../src/balancing/balancer.js';
import { Replay } from '../../src/balancing/replay.js';
import { upstreamOf } from './recorded.js';

function replayOf(lines: string): Replay {
  return new Replay(createBalancer(upstreamOf(`upstream u { ${lines} }`)));
}

const two = 'server 10.0.0.1; server 10.0.0.2;';

describe('a replay', () => {
  it('gives requests that follow each other what least_conn gives them: round robin', () => {
    const replay = replayOf(`least_conn; server 10.0.0.1 weight=3; server 10.0.0.2 weight=2;`);
    // nginx's first picks of 3:2, recorded: 01010.
    expect(Array.from({ length: 5 }, () => replay.pickAlone('', ''))).toEqual([0, 1, 0, 1, 0]);
    expect(replay.work.map(({ count }) => count)).toEqual([3, 2]);
  });

  it('lets least_conn see which server is busy', () => {
    // Every other request takes 100 ms, the rest 1 ms; one arrives every 10 ms. Round robin sends all slow ones to the
    // first server. least_conn turns to the second while the first is busy with one.
    const picks = (lines: string) => {
      const replay = replayOf(lines);
      return Array.from({ length: 8 }, (_, n) => replay.pickAt('', '', n * 10, n % 2 === 0 ? 100 : 1));
    };
    expect(picks(two)).toEqual([0, 1, 0, 1, 0, 1, 0, 1]);
    // 0: tie, server 0 (busy until 100). 1, at 10 ms: server 1 has none. 2, at 20: server 1 has ended its own and
    // keeps this one until 120. 3, at 30: one each, a tie; round robin stood at 0's pick (scores -1, 1): server 1.
    expect(picks(`least_conn; ${two}`).slice(0, 4)).toEqual([0, 1, 1, 1]);
  });

  it('adds up work and finds peaks', () => {
    const replay = replayOf(`${two}`);
    // Server 0 gets the requests at 0 (10 ms) and 4 (10 ms): they overlap. Server 1 gets one of 2 ms at 2.
    replay.pickAt('', '', 0, 10);
    replay.pickAt('', '', 2, 2);
    replay.pickAt('', '', 4, 10);
    expect(replay.work).toEqual([
      { count: 2, busyMs: 20, peakInFlight: 2 },
      { count: 1, busyMs: 2, peakInFlight: 1 },
    ]);
  });

  it('ends a request before another arrives at that very moment', () => {
    const replay = replayOf('server 10.0.0.1 max_conns=1; server 10.0.0.2 down;');
    expect(replay.pickAt('', '', 0, 5)).toBe(0);
    expect(replay.pickAt('', '', 4.999, 5)).toBeUndefined();
    expect(replay.pickAt('', '', 5, 5)).toBe(0);
  });

  it('refuses arrivals that run backwards', () => {
    const replay = replayOf(two);
    replay.pickAt('', '', 5, 1);
    expect(() => replay.pickAt('', '', 4, 1)).toThrow('expected an arrival not before 5 ms, got 4 ms');
  });

  it('places as if alone when nothing overlaps', () => {
    const property = fc.property(
      fc.constantFrom('', 'least_conn;', 'random;', 'random two;', 'hash $request_uri;'),
      fc.array(fc.string({ unit: 'grapheme-ascii' }), { maxLength: 50 }),
      (method, keys) => {
        const lines = `${method} server 10.0.0.1 weight=5; server 10.0.0.2; server 10.0.0.3 weight=2;`;
        const alone = replayOf(lines);
        const timed = replayOf(lines);
        for (const [index, key] of keys.entries()) {
          expect(timed.pickAt(key, '', index * 10, 9)).toBe(alone.pickAlone(key, ''));
        }
      },
    );
    fc.assert(property);
  });
});
