import { Outcome } from '../../src/model/outcome.js';
import type { Slo } from '../../src/model/plan.js';
import type { RunReport } from '../../src/model/report.js';
import { figuresOf } from '../../src/run/tally-figures.js';
import { bookGap, bookPromise, bookStream } from '../../src/tally/streams.js';
import { Tally } from '../../src/tally/tally.js';
import { run } from '../verdict/run-fixture.js';

/** A stream that a simulated request was answered with, on a clock that begins with the run. */
export interface Streamed {
  /** Place of its backend. */
  readonly backend: number;
  readonly prompt: number;
  /** Tokens of the answer, one event each. */
  readonly tokens: number;
  readonly cached?: number;
  /** The server does not count. */
  readonly isUncounted?: boolean;
  readonly outcome?: Outcome;
}

const addresses = ['127.0.0.1:8001', '127.0.0.1:8002', '127.0.0.1:8003'];

/** Each request starts a millisecond after the last, has its first token after 50 ms and one more every 10 ms. */
export function streamedTally(streams: readonly Streamed[], backends: number, slo?: Slo): Tally {
  const tally = new Tally({ requestNames: ['chat'], open: false, abColumns: false });
  for (const address of addresses.slice(0, backends)) tally.cellOf(address);
  streams.forEach(({ backend, prompt, tokens, cached, isUncounted, outcome = Outcome.response }, index) => {
    const startUs = index * 1000;
    const firstOutputUs = startUs + 50_000;
    const lastOutputUs = firstOutputUs + (tokens - 1) * 10_000;
    const endUs = lastOutputUs + 1000;
    const cell = backend + 1;
    const facts = {
      firstOutputUs,
      firstAnswerUs: firstOutputUs,
      lastOutputUs,
      stallUs: tokens > 1 ? 10_000 : -1,
      outputEvents: tokens,
      outputReads: tokens,
      coalescedReads: 0,
      badEvents: 0,
      usage: isUncounted ? undefined : { prompt, completion: tokens, cached, reasoning: undefined },
      trail: {
        forEach: (step: (fromUs: number, toUs: number, events: number) => void) =>
          step(firstOutputUs, lastOutputUs, tokens),
      },
    };
    if (tokens > 1) bookGap(tally, 0, cell, 10_000, lastOutputUs);
    if (outcome === Outcome.response)
      tally.recordResponse(0, cell, 200, startUs, 1000, endUs - startUs, false);
    else tally.recordFailure(outcome, undefined, cell, startUs, endUs - startUs);
    const ending = { request: 0, cell, outcome, startUs, endUs, intendedUs: undefined, originUs: 0 };
    bookStream(tally, facts, { ...ending, isCompressed: false });
    if (slo !== undefined && outcome === Outcome.response) {
      bookPromise(tally, cell, facts, slo, startUs, endUs);
    }
  });
  tally.close();
  return tally;
}

/** A run of such requests over backends of equal weight, as it is reported. */
export function streamedRun(streams: readonly Streamed[], backends = 2, slo?: Slo): RunReport {
  const tally = streamedTally(streams, backends, slo);
  const durationMs = streams.length + 100;
  const expected = addresses.slice(0, backends).map((address) => ({ address, weight: 1 }));
  const { spread: _, ...figures } = figuresOf(tally, {
    durationMs,
    expected,
    skewLimit: undefined,
    slo,
  });
  tally.release();
  return run({ ...figures, load: { ...run().load, requests: streams.length, durationMs } });
}
