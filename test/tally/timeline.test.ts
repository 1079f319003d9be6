import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Timeline, type TimelineData } from '../../src/tally/timeline.js';

interface Request {
  readonly track: number;
  readonly startUs: number;
  readonly endUs: number;
}

const tracks = 3;

function newTimeline(count = tracks): Timeline {
  const timeline = new Timeline();
  for (let track = 0; track < count; track++) timeline.addTrack();
  return timeline;
}

function timelineOf(requests: readonly Request[]): Timeline {
  const timeline = newTimeline();
  for (const { track, startUs, endUs } of requests) timeline.record(track, startUs, endUs);
  return timeline;
}

const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

/** What every slice of a length holds, by definition. */
function bruteForce(requests: readonly Request[], sliceUs: number): TimelineData {
  return {
    sliceUs,
    tracks: Array.from({ length: tracks }, (_, track) => {
      const own = requests.filter((request) => request.track === track);
      const slices = Array.from(
        { length: 256 },
        (_slice, index) => [index * sliceUs, (index + 1) * sliceUs] as const,
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
  };
}

const requestsUpTo = (latestUs: number, longestUs: number) =>
  fc.array(
    fc
      .record({ track: fc.nat(tracks - 1), startUs: fc.nat(latestUs), lengthUs: fc.nat(longestUs) })
      .map(({ track, startUs, lengthUs }) => ({ track, startUs, endUs: startUs + lengthUs })),
    { maxLength: 40 },
  );
/** Runs of 2.5 s, a minute and a day. */
const requests = fc.oneof(
  requestsUpTo(2_000_000, 500_000),
  requestsUpTo(60_000_000, 5_000_000),
  requestsUpTo(86_400_000_000, 600_000_000),
);

describe('the timeline', () => {
  it('holds in each slice what ended in it and how long requests were in flight in it', () => {
    fc.assert(
      fc.property(requests, (all) => {
        const data = timelineOf(all).toData();
        const expected = bruteForce(all, data.sliceUs);
        data.tracks.forEach((track, index) => {
          expect(track.counts).toEqual(expected.tracks[index]?.counts);
          expect(track.busyUs).toEqual(expected.tracks[index]?.busyUs);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('loses nothing, however often its slices double', () => {
    fc.assert(
      fc.property(requests, (all) => {
        const { tracks: kept } = timelineOf(all).toData();
        expect(sum(kept.map(({ counts }) => sum(counts)))).toBe(all.length);
        expect(sum(kept.map(({ busyUs }) => sum(busyUs)))).toBe(
          sum(all.map(({ startUs, endUs }) => endUs - startUs)),
        );
      }),
    );
  });

  it('has slices of 10 ms, doubled until 256 of them hold the run', () => {
    const timeline = newTimeline();
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
      fc.property(fc.array(requests, { minLength: 1, maxLength: 4 }), (parts) => {
        const merged = newTimeline();
        for (const part of parts) {
          merged.addData(structuredClone(timelineOf(part).toData()), [0, 1, 2]);
        }
        const whole = timelineOf(parts.flat());
        expect(merged.sliceUs).toBe(whole.sliceUs);
        expect(merged.tracks).toEqual(whole.tracks);
      }),
      { numRuns: 60 },
    );
  });

  it('puts the tracks of a part where it is told', () => {
    const part = newTimeline(2);
    part.record(0, 0, 5);
    part.record(1, 0, 7);
    const merged = newTimeline(3);
    merged.addData(part.toData(), [2, 2]);
    expect(merged.tracks.map(({ counts, busyUs }) => [sum(counts), sum(busyUs)])).toEqual([
      [0, 0],
      [0, 0],
      [2, 12],
    ]);
  });

  it('knows backends that were not there from the start', () => {
    const timeline = newTimeline(1);
    timeline.record(0, 0, 10_000_000);
    timeline.addTrack();
    timeline.record(1, 0, 10_000_000);
    expect(timeline.tracks[1]).toEqual(timeline.tracks[0]);
  });
});
