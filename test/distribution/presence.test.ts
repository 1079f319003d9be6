import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BackendTrack, presenceOf } from '../../src/distribution/presence.js';
import { judgeSpread } from '../../src/distribution/spread.js';

const sliceMs = 1000;
const slices = 200;
const time = { fromMs: 0, toMs: slices * sliceMs, sliceFromMs: 0, sliceMs };

/** Who is there from when to when, by parts of the time. */
interface Member {
  readonly name: string;
  readonly from?: number;
  readonly to?: number;
  readonly weight?: number;
}

/** Sends requests, evenly over the time, each to whom `pick` chooses of those that are there. */
function simulate(
  requests: number,
  members: readonly Member[],
  pick: (present: readonly Member[], index: number) => Member,
) {
  const tracks = members.map(({ weight }) => ({
    weight,
    counts: new Float64Array(slices),
    firstMs: undefined as number | undefined,
    lastMs: undefined as number | undefined,
  }));
  for (let i = 0; i < requests; i++) {
    const part = (i + 0.5) / requests;
    const chosen = pick(
      members.filter(({ from = 0, to = 1 }) => part >= from && part < to),
      i,
    );
    const track = tracks[members.indexOf(chosen)];
    if (track === undefined) throw new Error('nobody was there');
    const atMs = part * time.toMs;
    const slice = Math.floor(atMs / sliceMs);
    track.counts[slice] = (track.counts[slice] ?? 0) + 1;
    track.firstMs ??= atMs;
    track.lastMs = atMs;
  }
  return tracks;
}

const rotate = (present: readonly Member[], index: number) => present[index % present.length] as Member;

/** A small generator, so that a failure can be repeated. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function spreadOf(members: readonly Member[], tracks: readonly BackendTrack[]) {
  const presence = presenceOf(tracks, time);
  const counts = tracks.map(({ counts, weight }, index) => ({
    address: members[index]?.name ?? '',
    count: Array.from(counts).reduce((sum, count) => sum + count, 0),
    weight,
  }));
  const { distribution, warnings } = judgeSpread(counts, { presence });
  return { ...distribution, skew: distribution.skew ?? 0, presence, warnings };
}

describe('backends that come and go', () => {
  const replaced: Member[] = [{ name: 'a' }, { name: 'b', to: 0.5 }, { name: 'c', from: 0.5 }];

  it('are no skew where a pod is replaced under perfect rotation, whenever and however many requests there are', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 8 }),
        fc.integer({ min: 1000, max: 20_000 }),
        fc.double({ min: 0.2, max: 0.8, noNaN: true }),
        (size, requests, at) => {
          const stay = Array.from({ length: size - 1 }, (_, i) => ({ name: `s${i}` }));
          const members = [...stay, { name: 'old', to: at }, { name: 'new', from: at }];
          const { skew, presentSkew, presence, warnings } = spreadOf(
            members,
            simulate(requests, members, rotate),
          );
          expect(presence?.absences.every(({ isCertain }) => isCertain)).toBe(true);
          expect(presentSkew).toBeUndefined();
          expect(skew).toBeLessThan(0.05);
          expect(warnings.map(({ text }) => text).join()).toContain('new that of old');
        },
      ),
    );
  });

  it('are no skew in a rolling deployment', () => {
    const members = [0, 1, 2, 3].flatMap((i) => [
      { name: `old${i}`, to: 0.4 + i * 0.05 },
      { name: `new${i}`, from: 0.4 + i * 0.05 },
    ]);
    const { skew, presentSkew } = spreadOf(members, simulate(8000, members, rotate));
    expect(presentSkew).toBeUndefined();
    expect(skew).toBeLessThan(0.05);
  });

  it('leave a real skew a skew', () => {
    const random = randomFrom(1);
    // Whoever is first of those that are there gets 60 %.
    const unfair = (present: readonly Member[]) =>
      random() < 0.6 ? (present[0] as Member) : (present.at(-1) as Member);
    const withReplaced = spreadOf(replaced, simulate(4000, replaced, unfair));
    expect(withReplaced.skew).toBeGreaterThan(0.15);
    expect(withReplaced.skew).toBeGreaterThan(withReplaced.skewNoise ?? 1);
    const steady = [{ name: 'a' }, { name: 'b' }];
    const alone = spreadOf(steady, simulate(4000, steady, unfair));
    expect(alone.presence).toBeUndefined();
    expect(alone.skew).toBeGreaterThan(0.15);
  });

  it.each<[string, Member[], number]>([
    ['came late', [{ name: 'a' }, { name: 'b', from: 0.5 }], 0.5],
    ['left early', [{ name: 'a' }, { name: 'b' }, { name: 'c', to: 0.4 }], 0.4],
  ])('cannot be told from starved ones where nobody took their place: one %s', (_, members) => {
    const { skew, presentSkew, presence } = spreadOf(members, simulate(6000, members, rotate));
    expect(presence?.absences.map(({ isCertain }) => isCertain)).toEqual([false]);
    // The skew stays that of the whole time; that over the stretches is beside it.
    expect(skew).toBeGreaterThan(0.3);
    expect(presentSkew).toBeLessThan(0.05);
  });

  it('are certain where it is known that they were stopped', () => {
    const members = [{ name: 'a' }, { name: 'b', to: 0.5 }];
    const tracks = simulate(6000, members, rotate);
    const known = [{ backend: 1, fromMs: time.toMs * 0.49, toMs: time.toMs }];
    expect(presenceOf(tracks, time, known)?.absences.map(({ isCertain }) => isCertain)).toEqual([true]);
  });

  it('are nobody under a fair draw', () => {
    const members = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];
    let found = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const random = randomFrom(seed * 7919);
      const tracks = simulate(
        300,
        members,
        (present) => present[Math.floor(random() * present.length)] as Member,
      );
      if (presenceOf(tracks, time) !== undefined) found++;
    }
    // Three backends, two ends, 1 in 10,000 each.
    expect(found).toBeLessThanOrEqual(2);
  });

  it('are nobody where many responses end at once', () => {
    // 20 requests of which most ended in the last tenth of one slice: when in it, only each backend's first and last tell.
    const tracks = [
      { weight: 1, counts: [12], firstMs: 5, lastMs: 8.9 },
      { weight: 1, counts: [8], firstMs: 8.4, lastMs: 8.9 },
    ];
    expect(presenceOf(tracks, { fromMs: 0, toMs: 10, sliceFromMs: 0, sliceMs: 10 })).toBeUndefined();
  });

  it('take the weight of whom they replace, where others’ weights are known', () => {
    const members: Member[] = [
      { name: 'a', weight: 2 },
      { name: 'b', weight: 1, to: 0.5 },
      { name: 'c', from: 0.5 },
    ];
    const byWeight = (present: readonly Member[], index: number) =>
      (index % 3 < 2 ? present[0] : present.at(-1)) as Member;
    const { skew, warnings } = spreadOf(members, simulate(6000, members, byWeight));
    expect(skew).toBeLessThan(0.05);
    expect(warnings.map(({ code }) => code)).not.toContain('unknown-backend');
  });
});
