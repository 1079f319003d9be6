import { Outcome } from '../model/outcome.js';
import type { Slo } from '../model/plan.js';
import type { Account } from './account.js';
import type { BackendCell } from './backend-cell.js';
import type { Tally } from './tally.js';

/** What was seen of a stream of a language model, in microseconds of the engine's clock; -1 for what did not come. */
export interface StreamFacts {
  readonly firstOutputUs: number;
  readonly firstAnswerUs: number;
  readonly lastOutputUs: number;
  readonly stallUs: number;
  readonly outputEvents: number;
  readonly outputReads: number;
  readonly coalescedReads: number;
  readonly badEvents: number;
  readonly usage: TokenUsage | undefined;
  /** When output came: from the first read of a step to its last, and how many events. */
  readonly trail: {
    forEach(step: (fromUs: number, toUs: number, events: number) => void): void;
  };
}

/** As the server counts them. */
export interface TokenUsage {
  readonly prompt: number;
  readonly completion: number;
  readonly cached: number | undefined;
  readonly reasoning: number | undefined;
}

/** Whose stream it was, and how it ended. */
export interface StreamEnding {
  readonly request: number;
  readonly cell: number;
  readonly outcome: Outcome;
  readonly startUs: number;
  readonly endUs: number;
  /** When it was due; `undefined` where that is when it started. */
  readonly intendedUs: number | undefined;
  readonly isCompressed: boolean;
  /** In what bursts it came; `undefined` where nobody looked. */
  readonly bursts?: BurstCounts | undefined;
  /** The moment that the tally counts from. */
  readonly originUs: number;
}

/** Bursts of bytes between the first and the last, and those before the last, with how many ended where a proxy's buffer was full. */
interface BurstCounts {
  readonly inner: number;
  readonly ofPages: number;
  readonly beforeLast: number;
  readonly ofTlsBuffers: number;
}

/** Answers of fewer events say nothing of whether they were held back. */
const longEvents = 20;
/** An answer whose first output comes in the last tenth of its time was held back. */
const heldRatio = 0.9;

/** Books the time between two reads that carried output, at the moment of the second. */
export function bookGap(tally: Tally, request: number, cell: number, gapUs: number, atUs: number): void {
  (tally.cells[cell] as BackendCell).clocks.gap.record(gapUs);
  namedOf(tally, request)?.clocks.gap.record(gapUs);
  tally.timeline.recordAmount(cell, 'gaps', atUs, 1);
  tally.timeline.recordAmount(cell, 'gapUs', atUs, gapUs);
}

/**
 * Books a stream that has ended, whole or not: what came of it counts for the backend that sent it. Times of the whole, from
 * which one that broke off would look quick, are those of complete ones.
 */
export function bookStream(tally: Tally, stream: StreamFacts, ending: StreamEnding): void {
  const { cell, request, startUs, intendedUs, outcome } = ending;
  const account = tally.cells[cell] as BackendCell;
  const { counters } = account;
  const { firstOutputUs, firstAnswerUs, lastOutputUs, stallUs, usage, outputEvents } = stream;
  const isComplete = outcome === Outcome.response;
  counters.streams++;
  if (isComplete) counters.streamsComplete++;
  if (ending.isCompressed) counters.streamsCompressed++;
  counters.badEvents += stream.badEvents;
  counters.outputReads += stream.outputReads;
  counters.coalescedReads += stream.coalescedReads;
  counters.outputEvents += outputEvents;
  for (const clocks of [account.clocks, namedOf(tally, request)?.clocks]) {
    if (clocks === undefined || firstOutputUs < 0) continue;
    clocks.ttft.record(firstOutputUs - startUs);
    if (firstAnswerUs >= 0) clocks.ttftAnswer.record(firstAnswerUs - startUs);
    if (stallUs >= 0) clocks.stall.record(stallUs);
    if (!isComplete) continue;
    clocks.e2e.record(lastOutputUs - startUs);
    const tpotUs = tpotOf(stream);
    if (tpotUs !== undefined) clocks.tpot.record(Math.round(tpotUs));
  }
  if (tally.shape.open && intendedUs !== undefined && firstOutputUs >= 0) {
    tally.clocks.ttftResponse.record(Math.round(firstOutputUs - intendedUs));
  }
  if (ending.bursts !== undefined) {
    counters.innerBursts += ending.bursts.inner;
    counters.burstsOfPages += ending.bursts.ofPages;
    counters.burstsBeforeLast += ending.bursts.beforeLast;
    counters.burstsOfTlsBuffers += ending.bursts.ofTlsBuffers;
  }
  if (isComplete && outputEvents >= longEvents) {
    counters.longStreams++;
    if (firstOutputUs - startUs >= heldRatio * (lastOutputUs - startUs)) counters.heldStreams++;
  }
  if (usage !== undefined) bookUsage(tally, stream, usage, ending);
  else if (outputEvents > 0) {
    counters.streamsByEvents++;
    counters.eventsOut += outputEvents;
  }
}

/**
 * Books whether a response of a good status kept what was promised. Without a stream its last byte is its first token; what has no
 * time for each token cannot break that.
 *
 * @param fromUs when it was due, or began where that is the same
 */
export function bookPromise(
  tally: Tally,
  cell: number,
  stream: StreamFacts | undefined,
  slo: Slo,
  fromUs: number,
  endUs: number,
): void {
  const { counters } = tally.cells[cell] as BackendCell;
  const [firstUs, lastUs] =
    stream === undefined ? [endUs, endUs] : [stream.firstOutputUs, stream.lastOutputUs];
  const tpotUs = stream === undefined ? undefined : tpotOf(stream);
  const isLate = isOver(firstUs - fromUs, slo.ttftMs);
  const isSlow = isOver(tpotUs ?? 0, slo.tpotMs);
  const isLong = isOver(lastUs - fromUs, slo.e2eMs);
  if (isLate) counters.sloBrokenTtft++;
  if (isSlow) counters.sloBrokenTpot++;
  if (isLong) counters.sloBrokenE2e++;
  if (!isLate && !isSlow && !isLong) counters.sloGood++;
}

function isOver(us: number, limitMs: number | undefined): boolean {
  return limitMs !== undefined && us > limitMs * 1000;
}

/** Books the tokens of an answer that was no stream, to a request that asked for one. */
export function bookNotStreamed(tally: Tally, usage: TokenUsage | undefined, cell: number): void {
  const account = tally.cells[cell] as BackendCell;
  account.counters.notStreamed++;
  if (usage !== undefined) bookTokens(account, usage);
}

/** Time for each token after the first, in microseconds; `undefined` without usage, and where there is but one token. */
function tpotOf({ usage, firstOutputUs, lastOutputUs }: StreamFacts): number | undefined {
  if (usage === undefined || usage.completion < 2 || firstOutputUs < 0) return undefined;
  return (lastOutputUs - firstOutputUs) / (usage.completion - 1);
}

function bookTokens({ clocks, counters }: BackendCell, usage: TokenUsage): void {
  clocks.tokensIn.record(usage.prompt);
  clocks.tokensOut.record(usage.completion);
  counters.tokensReasoning += usage.reasoning ?? 0;
  if (usage.cached === undefined) return;
  counters.tokensCached += usage.cached;
  counters.tokensCacheable += usage.prompt;
}

/** The prompt is held from the start to the end, the answer as far as it has come: as evenly as its first and last output say. */
function bookUsage(
  { cells, timeline }: Tally,
  { trail, outputEvents, firstOutputUs, lastOutputUs }: StreamFacts,
  usage: TokenUsage,
  { cell, originUs, startUs, endUs }: StreamEnding,
): void {
  const account = cells[cell] as BackendCell;
  bookTokens(account, usage);
  const { prompt, completion } = usage;
  const [from, to] = [startUs - originUs, endUs - originUs];
  let heldTokenMs = 0;
  const hold = (fromUs: number, toUs: number, tokens: number, isGrowing = false) => {
    const amount = Math.round((tokens * (toUs - fromUs)) / (isGrowing ? 2000 : 1000));
    heldTokenMs += amount;
    timeline.recordSpread(cell, 'heldTokenMs', fromUs, toUs, amount, isGrowing ? square : undefined);
  };
  hold(from, to, prompt);
  if (firstOutputUs < 0) {
    account.clocks.heldTokenMs.record(heldTokenMs);
    return;
  }
  const [first, last] = [firstOutputUs - originUs, lastOutputUs - originUs];
  hold(first, last, completion, true);
  hold(last, Math.max(last, to), completion);
  account.clocks.heldTokenMs.record(heldTokenMs);
  timeline.recordAmount(cell, 'tokensIn', first, prompt);
  let events = 0;
  let booked = 0;
  trail.forEach((fromUs, toUs, amount) => {
    events += amount;
    const come = Math.round((completion * events) / outputEvents);
    timeline.recordSpread(cell, 'tokensOut', fromUs - originUs, toUs - originUs, come - booked);
    booked = come;
  });
}

const square = (passed: number) => passed * passed;

/** The account of a request's name, where there is more than one: a single one has all that the backends have. */
function namedOf({ requests }: Tally, request: number): Account<'request'> | undefined {
  return requests.length > 1 ? requests[request] : undefined;
}
