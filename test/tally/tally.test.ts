import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Outcome } from '../../src/model/outcome.js';
import { unattributedCell } from '../../src/tally/attempt-cells.js';
import { prepareHistograms } from '../../src/tally/latency-histogram.js';
import { maxBackends, Tally, type TallyData } from '../../src/tally/tally.js';

beforeAll(prepareHistograms);

/** One thing that happens in a run. */
type Event =
  | {
      readonly kind: 'response';
      readonly request: number;
      readonly backend: string;
      readonly status: number;
      readonly startUs: number;
      readonly ttfbUs: number;
      readonly serviceUs: number;
      readonly waitUs: number;
      readonly bodyBytes: number;
    }
  | {
      readonly kind: 'failure';
      readonly outcome: Outcome;
      readonly text: string;
      readonly backend: string;
      readonly startUs: number;
      readonly serviceUs: number;
    };

/** Up to 2 s: squares of all of a test's sums add up exactly, in whatever order. */
const us = fc.nat(2_000_000);
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({
    kind: fc.constant('response' as const),
    request: fc.nat(1),
    backend: fc.constantFrom('', 'a', 'b', 'c'),
    status: fc.constantFrom(200, 404, 502),
    startUs: us,
    ttfbUs: us,
    serviceUs: us,
    waitUs: us,
    bodyBytes: fc.nat(100),
  }),
  fc.record({
    kind: fc.constant('failure' as const),
    outcome: fc.constantFrom(
      Outcome.connectError,
      Outcome.reset,
      Outcome.timeout,
      Outcome.malformed,
      Outcome.closed,
      Outcome.cancelled,
    ),
    text: fc.constantFrom('refused', 'reset'),
    backend: fc.constantFrom('', 'a', 'b'),
    startUs: us,
    serviceUs: us,
  }),
);
const events = fc.array(event, { maxLength: 30 });

const shape = { requestNames: ['chat', 'completions'], open: true, abColumns: true };

function tallyOf(happened: readonly Event[], of = shape): Tally {
  const tally = new Tally(of);
  for (const one of happened) {
    if (one.kind === 'failure') {
      const failed = one.backend === '' ? unattributedCell : tally.cellOf(one.backend);
      tally.recordFailure(one.outcome, one.text, failed, one.startUs, one.serviceUs);
      continue;
    }
    const { request, backend, status, startUs, ttfbUs, serviceUs, bodyBytes } = one;
    const cell = backend === '' ? unattributedCell : tally.cellOf(backend);
    tally.recordResponse(request, cell, status, startUs, ttfbUs, serviceUs);
    tally.clocks.response.record(one.waitUs + serviceUs);
    tally.clocks.connect.record(ttfbUs);
    tally.recordAbColumns(0, ttfbUs, serviceUs, bodyBytes);
    tally.counters.bodyBytes += bodyBytes;
    tally.counters.receivedBytes += bodyBytes + 100;
    tally.counters.sentBytes += 50;
    tally.counters.keptAlive++;
  }
  tally.close();
  return tally;
}

/** All of a tally but its peaks, the cells by address: parts may have met the backends in another order. */
function comparable(tally: Tally): unknown {
  const { cells, timeline, bodyLengths, errors, ...rest } = tally.toData();
  return {
    ...rest,
    cells: cells
      .map(({ counters: { peakInFlight, ...counters }, ...cell }, index) => ({
        ...cell,
        counters,
        track: timeline.tracks[index],
      }))
      .sort((a, b) => (a.address < b.address ? -1 : 1)),
    timeline: { sliceUs: timeline.sliceUs, first: timeline.first },
    errors: [...errors.entries].sort(),
    bodyLengths: [...bodyLengths.entries].sort(([a], [b]) => a - b),
  };
}

/** What happened, dealt out to several who each fill a tally, and the order in which those are merged. */
const dealt = fc
  .tuple(fc.array(event, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }))
  .chain(([happened, parts]) =>
    fc.record({
      happened: fc.constant(happened),
      partOf: fc.array(fc.nat(parts - 1), { minLength: happened.length, maxLength: happened.length }),
      order: fc.shuffledSubarray(
        Array.from({ length: parts }, (_, part) => part),
        { minLength: parts, maxLength: parts },
      ),
    }),
  );

describe('a tally', () => {
  it('merged of parts is that of all that happened, however it was dealt out, but for the peaks, which may be higher', () => {
    fc.assert(
      fc.property(dealt, ({ happened, partOf, order }) => {
        const parts = order.map((part) => tallyOf(happened.filter((_, index) => partOf[index] === part)));
        const whole = tallyOf(happened);
        const live = new Tally(shape);
        const sent = new Tally(shape);
        for (const part of parts) {
          live.add(part);
          sent.addData(structuredClone(part.toData()));
        }
        // In two steps: first two by two, then the rest.
        const pairs = new Tally(shape);
        for (let first = 0; first < parts.length; first += 2) {
          const pair = new Tally(shape);
          for (const part of parts.slice(first, first + 2)) pair.add(part);
          pairs.add(pair);
          pair.release();
        }
        for (const merged of [live, sent, pairs]) {
          expect(comparable(merged)).toEqual(comparable(whole));
          for (const { address, counters } of whole.cells) {
            const part = merged.cells[address === '' ? 0 : merged.cellOf(address)];
            expect(part?.counters.peakInFlight).toBeGreaterThanOrEqual(counters.peakInFlight);
          }
        }
        for (const tally of [...parts, whole, live, sent, pairs]) tally.release();
      }),
      { numRuns: 60 },
    );
  });

  it('is the same after it was sent', () => {
    fc.assert(
      fc.property(events, (happened) => {
        const tally = tallyOf(happened);
        const sent = Tally.from(structuredClone(tally.toData()));
        expect(sent.toData()).toEqual(tally.toData());
        expect(sent.outcomeCounts()).toEqual(tally.outcomeCounts());
        for (const one of [tally, sent]) one.release();
      }),
      { numRuns: 60 },
    );
  });

  it('keeps 64 status codes apart, further ones by class, and counts none of them twice', () => {
    const tally = new Tally(shape);
    for (let status = 200; status < 300; status++) tally.recordResponse(0, unattributedCell, status, 0, 1, 7);
    tally.recordResponse(0, unattributedCell, 404, 0, 1, 9);
    tally.recordResponse(0, unattributedCell, 200, 0, 1, 9, true);
    tally.close();
    const kept = Tally.from(tally.toData()).statuses.all();
    expect(kept).toHaveLength(67);
    expect(kept.at(-1)).toMatchObject({ status: '4xx', isError: true, counters: { count: 1 } });
    expect(kept.find(({ status }) => status === '2xx')?.counters.count).toBe(36);
    expect(tally).toMatchObject({ successes: 100, ended: 102 });
    expect(tally.errorCount()).toBe(2);
    tally.release();
  });

  it('says where the cells of another one have gone', () => {
    const [into, other] = [new Tally(shape), new Tally(shape)];
    into.cellOf('a');
    for (const address of ['b', 'a', 'c']) other.cellOf(address);
    expect(into.add(other)).toEqual([unattributedCell, 2, 1, 3]);
  });

  it('counts responses of which only cell and status are known', () => {
    const tally = new Tally({ requestNames: [], open: false, abColumns: false });
    tally.countResponses(tally.cellOf('a'), 200, 3);
    tally.countResponses(unattributedCell, undefined, 2);
    expect(tally.outcomeCounts()).toMatchObject({ started: 5, responses: 5 });
    expect(tally.statusCounts()).toEqual({ '200': 3 });
    expect(tally.cells.map(({ count }) => count)).toEqual([2, 3]);
  });

  it('adds up: every request ended in one way, every response has one cell, one name and one status', () => {
    fc.assert(
      fc.property(events, (happened) => {
        const tally = tallyOf(happened);
        const { started, droppedStarts, ...kinds } = tally.outcomeCounts();
        const sum = (values: readonly (number | undefined)[]) =>
          values.reduce<number>((total, value = 0) => total + value, 0);
        expect(started).toBe(happened.length);
        expect(sum(Object.values(kinds))).toBe(started);
        expect(droppedStarts).toBe(0);
        const { responses } = kinds;
        expect(tally.responses).toBe(responses);
        expect(sum(tally.cells.map(({ count }) => count))).toBe(responses);
        expect(sum(tally.requests.map(({ counters }) => counters.count))).toBe(responses);
        expect(sum(Object.values(tally.statusCounts()))).toBe(responses);
        for (const phase of ['service', 'ttfb'] as const) {
          const overall = tally.overall(phase);
          expect(overall.count).toBe(responses);
          overall.release();
        }
        tally.release();
      }),
    );
  });

  it('knows the only request of a mix of one by what all backends did', () => {
    fc.assert(
      fc.property(events, (happened) => {
        const only = happened.map((one) => (one.kind === 'response' ? { ...one, request: 0 } : one));
        const tally = tallyOf(only, { ...shape, requestNames: ['chat'] });
        const overall = tally.overall('service');
        expect(tally.requests[0]?.counters.count).toBe(tally.responses);
        expect(tally.requests[0]?.clocks.service.summary()).toEqual(overall.summary());
        overall.release();
        tally.release();
      }),
      { numRuns: 30 },
    );
  });

  it('has a cell for everything that could not be attributed, from the start', () => {
    const tally = new Tally(shape);
    expect(tally.cells.map(({ address }) => address)).toEqual(['']);
    expect(tally.cellOf('a')).toBe(1);
    expect(tally.cellOf('b')).toBe(2);
    expect(tally.cellOf('a')).toBe(1);
  });

  it('keeps 1,024 backends, and those of further ones are unattributed, also when parts are merged', () => {
    const tallyFor = (from: number, to: number): TallyData => {
      const tally = new Tally({ ...shape, abColumns: false });
      for (let n = from; n < to; n++) tally.recordResponse(0, tally.cellOf(`b${n}`), 200, 0, 1, 1);
      tally.close();
      const data = tally.toData();
      tally.release();
      return data;
    };
    const full = new Tally(shape);
    full.addData(tallyFor(0, maxBackends - 1));
    expect(full.cellOf('one more')).toBe(maxBackends);
    expect(full.cellOf('another')).toBe(unattributedCell);
    full.addData(tallyFor(maxBackends - 2, maxBackends + 3));
    // b1022 is known; b1023 to b1026 find no place any more.
    expect(full.counters.backendOverflow).toBe(4);
    expect(full.cells).toHaveLength(maxBackends + 1);
    expect(full.cells[unattributedCell]?.count).toBe(4);
    expect(full.responses).toBe(maxBackends - 1 + 5);
    full.release();
  });

  it('has the peak in flight of each backend when it is closed', () => {
    const tally = new Tally(shape);
    const a = tally.cellOf('a');
    for (const [startUs, endUs] of [
      [0, 10],
      [5, 20],
      [8, 30],
      [20, 40],
    ] as const) {
      tally.recordResponse(0, a, 200, startUs, 1, endUs - startUs);
    }
    tally.close();
    expect(tally.cells[a]?.counters.peakInFlight).toBe(3);
    expect(tally.cells[a]?.counters.busyUs).toBe(10 + 15 + 22 + 20);
    tally.release();
  });
});
