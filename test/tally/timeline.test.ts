import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Timeline, type TimelineData } from '../../src/tally/timeline.js';

interface Request {
  readonly track: number;
  readonly startUs: number;
  readonly endUs: number;
}

const tracks = 3;

function newTimeline(count: number, startUs: number | undefined): Timeline {
  const timeline = new Timeline(startUs);
  for (let track = 0; track < count; track++) timeline.addTrack();
  return timeline;
}

/** Origin and requests of a run, or of a log, whose lines begin somewhere. */
interface Load {
  readonly startUs: number | undefined;
  readonly requests: readonly Request[];
}

function timelineOf({ startUs, requests }: Load): Timeline {
  const timeline = newTimeline(tracks, startUs);
  for (const { track, startUs, endUs } of requests) timeline.record(track, startUs, endUs);
  return timeline;
}

const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

/** What every slice of a length holds, by definition. */
function bruteForce(requests: readonly Request[], { sliceUs, startUs = 0, length }: Timeline): TimelineData {
  return {
    sliceUs,
    first: startUs / sliceUs,
    tracks: Array.from({ length: tracks }, (_, track) => {
      const own = requests.filter((request) => request.track === track);
      const slices = Array.from(
        { length },
        (_slice, index) => [startUs + index * sliceUs, startUs + (index + 1) * sliceUs] as const,
      );
      return {
        counts: Float64Array.from(
          slices.map(([from, to]) => own.filter(({ endUs }) => endUs >= from && endUs < to).length),
        ),
        busyUs: Float64Array.from(
          slices.map(([from, to]) =>
            sum(own.map(({ startUs, endUs }) => Math.max(0, Math.min(endUs, to) - Math.max(startUs, from)))),
          ),
        ),
      };
    }),
    sights: Array.from({ length: tracks }, (_, track) => {
      const ends = requests.flatMap((request) => (request.track === track ? [request.endUs] : []));
      return {
        firstUs: Math.min(Number.MAX_SAFE_INTEGER, ...ends),
        lastUs: Math.max(Number.MIN_SAFE_INTEGER, ...ends),
      };
    }),
  };
}

const requestsUpTo = (latestUs: number, longestUs: number) =>
  fc.array(
    fc
      .record({ track: fc.nat(tracks - 1), startUs: fc.nat(latestUs), lengthUs: fc.nat(longestUs) })
      .map(({ track, startUs, lengthUs }) => ({ track, startUs, endUs: startUs + lengthUs })),
    { maxLength: 40 },
  );
/** Some 2.5 s, a minute and a day. */
const requests = fc.oneof(
  requestsUpTo(2_000_000, 500_000),
  requestsUpTo(60_000_000, 5_000_000),
  requestsUpTo(86_400_000_000, 600_000_000),
);
const since1970 = Date.UTC(2026, 0, 1) * 1000;
const later = (us: number) => (all: readonly Request[]) =>
  all.map(({ track, startUs, endUs }) => ({ track, startUs: startUs + us, endUs: endUs + us }));
const load: fc.Arbitrary<Load> = fc.oneof(
  requests.map((all) => ({ startUs: 0, requests: all })),
  // A time in a log may be anything, also one so long that it begins before 1970.
  fc
    .tuple(requests, fc.constantFrom(since1970, 0, -30_000_000))
    .map(([all, us]) => ({ startUs: undefined, requests: later(us)(all) })),
);

describe('the timeline', () => {
  it('holds in each slice what ended in it and how long requests were in flight in it', () => {
    fc.assert(
      fc.property(load, (all) => {
        const timeline = timelineOf(all);
        expect(timeline.toData()).toEqual(bruteForce(all.requests, timeline));
      }),
      { numRuns: 60 },
    );
  });

  it('loses nothing, however often its slices double', () => {
    fc.assert(
      fc.property(load, (all) => {
        const { tracks: kept, length } = timelineOf(all);
        expect(length).toBeLessThanOrEqual(256);
        expect(sum(kept.map(({ counts }) => sum(counts)))).toBe(all.requests.length);
        expect(sum(kept.map(({ busyUs }) => sum(busyUs)))).toBe(
          sum(all.requests.map(({ startUs, endUs }) => endUs - startUs)),
        );
      }),
    );
  });

  it('is the same in whatever order it was filled', () => {
    fc.assert(
      fc.property(load, fc.nat(39), ({ startUs, requests: all }, by) => {
        const other = timelineOf({ startUs, requests: [...all.slice(by), ...all.slice(0, by)] });
        expect(other.toData()).toEqual(timelineOf({ startUs, requests: all }).toData());
      }),
      { numRuns: 60 },
    );
  });

  it('counts ends and time in flight apart as it does together', () => {
    fc.assert(
      fc.property(load, ({ startUs, requests: all }) => {
        const apart = newTimeline(tracks, startUs);
        for (const { track, endUs } of all) apart.recordEnds(track, endUs, 1);
        for (const { track, startUs: fromUs, endUs } of all) apart.recordBusy(track, fromUs, endUs);
        expect(apart.toData()).toEqual(timelineOf({ startUs, requests: all }).toData());
      }),
      { numRuns: 30 },
    );
  });

  it('has slices no shorter than the times are exact', () => {
    const timeline = new Timeline(undefined, 1_000_000);
    timeline.addTrack();
    expect(timeline.startUs).toBeUndefined();
    timeline.recordEnds(0, since1970 + 5_000_000, 2);
    expect(timeline.sliceUs).toBe(1_280_000);
    expect(timeline.startUs).toBe(Math.floor((since1970 + 5_000_000) / 1_280_000) * 1_280_000);
  });

  it('has slices of 10 ms, doubled until 256 of them hold the run', () => {
    const timeline = newTimeline(tracks, 0);
    timeline.record(0, 0, 2_559_999);
    expect(timeline.sliceUs).toBe(10_000);
    timeline.record(0, 0, 2_560_000);
    expect(timeline.sliceUs).toBe(20_000);
    timeline.record(0, 0, 86_400_000_000);
    // A day is 337.5 s × 256: the next of 10 ms × 2^n is 10 ms × 2^16 = 655.36 s.
    expect(timeline.sliceUs).toBe(655_360_000);
  });

  it('is, merged of parts, that of all their requests, whatever the slices of each', () => {
    fc.assert(
      fc.property(load, fc.infiniteStream(fc.nat(3)), ({ startUs, requests: all }, partOf) => {
        const parts: Request[][] = [[], [], [], []];
        for (const request of all) parts[partOf.next().value]?.push(request);
        const [live, sent] = [newTimeline(tracks, startUs), newTimeline(tracks, startUs)];
        for (const part of parts) {
          const timeline = timelineOf({ startUs, requests: part });
          live.add(timeline, [0, 1, 2]);
          sent.addData(structuredClone(timeline.toData()), [0, 1, 2]);
        }
        const whole = timelineOf({ startUs, requests: all }).toData();
        expect(live.toData()).toEqual(whole);
        expect(sent.toData()).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });

  it('puts the tracks of a part where it is told', () => {
    const part = newTimeline(2, 0);
    part.record(0, 0, 5);
    part.record(1, 0, 7);
    const merged = newTimeline(3, 0);
    merged.addData(part.toData(), [2, 2]);
    expect(merged.tracks.map(({ counts, busyUs }) => [sum(counts), sum(busyUs)])).toEqual([
      [0, 0],
      [0, 0],
      [2, 12],
    ]);
  });

  it('knows backends that were not there from the start', () => {
    const timeline = newTimeline(1, 0);
    timeline.record(0, 0, 10_000_000);
    timeline.addTrack();
    timeline.record(1, 0, 10_000_000);
    expect(timeline.tracks[1]).toEqual(timeline.tracks[0]);
  });
});
