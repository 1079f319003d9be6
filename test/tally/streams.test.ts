import { beforeAll, describe, expect, it } from 'vitest';
import { Outcome } from '../../src/model/outcome.js';
import type { BackendCell } from '../../src/tally/backend-cell.js';
import { prepareHistograms } from '../../src/tally/latency-histogram.js';
import {
  bookGap,
  bookNotStreamed,
  bookStream,
  type StreamEnding,
  type StreamFacts,
} from '../../src/tally/streams.js';
import { Tally } from '../../src/tally/tally.js';

beforeAll(prepareHistograms);

const originUs = 5_000_000;
const shape = { requestNames: ['chat', 'completions'], open: true, abColumns: false };
const usage = { prompt: 100, completion: 11, cached: 60, reasoning: 3 };

/** Ten events from 10 ms to 20 ms after the origin, in one step each. */
const facts: StreamFacts = {
  firstOutputUs: originUs + 10_000,
  firstAnswerUs: originUs + 12_000,
  lastOutputUs: originUs + 20_000,
  stallUs: 2_000,
  outputEvents: 10,
  outputReads: 8,
  coalescedReads: 2,
  badEvents: 1,
  usage,
  trail: {
    forEach: (step) => {
      for (let i = 0; i < 10; i++) step(originUs + 10_000 + i * 1000, originUs + 10_000 + i * 1000, 1);
    },
  },
};

const ending: StreamEnding = {
  request: 0,
  cell: 1,
  outcome: Outcome.response,
  startUs: originUs,
  endUs: originUs + 30_000,
  intendedUs: originUs - 4_000,
  isCompressed: false,
  originUs,
};

function tallyOf(...streams: readonly [StreamFacts, StreamEnding][]): { tally: Tally; cell: BackendCell } {
  const tally = new Tally(shape);
  tally.cellOf('a:1');
  for (const [stream, end] of streams) bookStream(tally, stream, end);
  return { tally, cell: tally.cells[1] as BackendCell };
}

const row = (tally: Tally, name: 'tokensIn' | 'tokensOut' | 'heldTokenMs' | 'gaps' | 'gapUs') => [
  ...(tally.timeline.tracks[1]?.[name] ?? []),
];
const heldOf = ({ cells }: Tally) => sum(cells.map(({ clocks }) => clocks.heldTokenMs.sumUs));
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

describe('bookStream', () => {
  it('measures from the start, and in the open model from when it was due', () => {
    const { tally, cell } = tallyOf([facts, ending]);
    const mean = (clock: 'ttft' | 'ttftAnswer' | 'stall' | 'tpot' | 'e2e') => cell.clocks[clock].meanUs();
    expect([mean('ttft'), mean('ttftAnswer'), mean('e2e'), mean('stall')]).toEqual([
      10_000, 12_000, 20_000, 2_000,
    ]);
    // 10 ms over the ten tokens behind the first.
    expect(mean('tpot')).toBe(1000);
    expect(tally.clocks.ttftResponse.meanUs()).toBe(14_000);
    expect(tally.requests.map(({ clocks }) => clocks.ttft.count)).toEqual([1, 0]);
  });

  it('takes tokens from usage alone, and events where there is none', () => {
    const { cell } = tallyOf([facts, ending], [{ ...facts, usage: undefined }, ending]);
    expect(cell.clocks.tokensIn.sumUs).toBe(100);
    expect(cell.clocks.tokensOut.sumUs).toBe(11);
    expect(cell.clocks.tpot.count).toBe(1);
    expect(cell.counters).toMatchObject({
      streams: 2,
      streamsComplete: 2,
      streamsByEvents: 1,
      eventsOut: 10,
      outputEvents: 20,
      tokensCached: 60,
      tokensCacheable: 100,
      tokensReasoning: 3,
      badEvents: 2,
      outputReads: 16,
      coalescedReads: 4,
    });
  });

  it('has no time for each token of an answer of one', () => {
    const { cell } = tallyOf([{ ...facts, usage: { ...usage, completion: 1 } }, ending]);
    expect(cell.clocks.tpot.count).toBe(0);
    expect(cell.clocks.ttft.count).toBe(1);
  });

  it('books what came of a stream that broke off, and no time of the whole', () => {
    const { cell } = tallyOf([
      { ...facts, usage: undefined },
      { ...ending, outcome: Outcome.truncated },
    ]);
    expect(cell.counters).toMatchObject({ streams: 1, streamsComplete: 0, eventsOut: 10 });
    expect([cell.clocks.ttft.count, cell.clocks.e2e.count]).toEqual([1, 0]);
  });

  it('books nothing but itself of a stream without output', () => {
    const none = { ...facts, firstOutputUs: -1, firstAnswerUs: -1, lastOutputUs: -1, stallUs: -1 };
    const { cell } = tallyOf([
      { ...none, outputEvents: 0, usage: undefined },
      { ...ending, outcome: Outcome.empty },
    ]);
    expect(cell.counters).toMatchObject({ streams: 1, streamsByEvents: 0 });
    expect(cell.clocks.ttft.count).toBe(0);
  });

  it('books tokens into the slices that they came in', () => {
    const { tally } = tallyOf([facts, ending]);
    expect(tally.timeline.sliceUs).toBe(10_000);
    expect(row(tally, 'tokensIn')).toEqual([0, 100, 0, 0]);
    // The last event comes at 19 ms.
    expect(row(tally, 'tokensOut')).toEqual([0, 11, 0, 0]);
  });

  it('holds the prompt from the start to the end, and the answer as it grows', () => {
    const { tally, cell } = tallyOf([facts, ending]);
    // 100 tokens for 30 ms, 11 tokens growing for 10 ms, 11 tokens for another 10 ms.
    expect(cell.clocks.heldTokenMs.sumUs).toBe(3000 + 55 + 110);
    expect(row(tally, 'heldTokenMs')).toEqual([1000, 1055, 1110, 0]);
  });

  it('adds up over slices however long they get', () => {
    const long = { ...ending, endUs: originUs + 60_000_000 };
    const { tally } = tallyOf([{ ...facts, lastOutputUs: originUs + 50_000_000 }, long]);
    expect(sum(row(tally, 'tokensOut'))).toBe(11);
    expect(sum(row(tally, 'heldTokenMs'))).toBe(heldOf(tally));
  });

  it('survives being sent and merged', () => {
    const one = tallyOf([facts, ending]).tally;
    const other = tallyOf([
      facts,
      { ...ending, startUs: originUs + 1000, endUs: originUs + 9_000_000 },
    ]).tally;
    bookGap(one, 1, 1, 2_000, 12_000);
    one.close();
    other.close();
    const both = Tally.from(structuredClone(one.toData()));
    both.addData(structuredClone(other.toData()));
    expect(heldOf(both)).toBe(heldOf(one) + heldOf(other));
    expect(sum(row(both, 'tokensOut'))).toBe(22);
    expect(sum(row(both, 'gapUs'))).toBe(2_000);
    expect(both.cells[1]?.clocks.tokensOut.sumOfSquaresUs).toBe(2 * 11 * 11);
  });
});

describe('bookGap', () => {
  it('books a gap where it ended', () => {
    const { tally, cell } = tallyOf();
    bookGap(tally, 1, 1, 7_000, 25_000);
    expect(cell.clocks.gap.maxUs).toBe(7_000);
    expect(tally.requests.map(({ clocks }) => clocks.gap.count)).toEqual([0, 1]);
    expect([row(tally, 'gaps'), row(tally, 'gapUs')]).toEqual([
      [0, 0, 1],
      [0, 0, 7_000],
    ]);
  });
});

describe('bookNotStreamed', () => {
  it('counts the answer, and its tokens where it says them', () => {
    const { tally, cell } = tallyOf();
    bookNotStreamed(tally, usage, 1);
    bookNotStreamed(tally, undefined, 1);
    expect(cell.counters.notStreamed).toBe(2);
    expect(cell.clocks.tokensOut.sumUs).toBe(11);
  });
});
