import { Outcome } from '../model/outcome.js';
import type { Sample } from '../model/sample.js';
import type { Tally } from '../tally/tally.js';
import { Attributor } from './attribution/attributor.js';
import { tallyFor } from './job-tally.js';
import type { LoadJob, LoadProgress } from './load-job.js';
import { progressOf } from './load-progress.js';

/** A request under way. Times are whole microseconds since the start of the phase. */
export interface StartedRequest {
  readonly index: number;
  /** Its index among the requests of the mix. */
  readonly kind: number;
  readonly startUs: number;
  /** When it was due; `undefined` when the engine does not know, and in the closed model. */
  readonly intendedUs: number | undefined;
}

/** What came back for it. Phases that were not measured are `undefined`. */
export interface Answer {
  readonly cell: number;
  /** Cells of the attempts before it. */
  readonly retries: readonly number[];
  readonly status: number;
  /** 0 on a connection that was already open. */
  readonly connectUs: number | undefined;
  readonly ttfbUs: number | undefined;
  readonly receivedBytes: number;
  readonly bodyBytes: number;
}

const outcomeNames = Object.fromEntries(
  Object.entries(Outcome).map(([name, outcome]) => [outcome, name]),
) as Record<Outcome, Sample['outcome']>;

/**
 * Books what becomes of the requests of one phase, a warm-up or a run, in a tally of its own and as samples. The
 * engines that do not count on the hot path of a socket share it.
 */
export class Recorder {
  readonly tally: Tally;
  readonly attributor: Attributor;

  /** @param oldestStartUs earliest start among the requests in flight; asked for now and then */
  constructor(
    readonly job: LoadJob,
    readonly onSample: ((sample: Sample) => void) | undefined,
    readonly oldestStartUs: () => number,
  ) {
    this.tally = tallyFor(job);
    this.attributor = new Attributor(job.attribution, job.poolNames, this.tally);
  }

  /** Books a complete response; call once `request` no longer counts for `oldestStartUs`. */
  response(request: StartedRequest, endUs: number, answer: Answer): void {
    const { tally } = this;
    const { cell, status, connectUs, ttfbUs, bodyBytes } = answer;
    const serviceUs = endUs - request.startUs;
    tally.counters.receivedBytes += answer.receivedBytes;
    tally.counters.bodyBytes += bodyBytes;
    if (connectUs !== undefined && connectUs > 0) tally.clocks.connect.record(connectUs);
    if (tally.shape.open && request.intendedUs !== undefined) {
      tally.clocks.response.record(endUs - request.intendedUs);
    }
    const full = tally.recordResponse(request.kind, cell, status, request.startUs, ttfbUs, serviceUs);
    if (full) tally.sweep(Math.min(this.oldestStartUs(), endUs));
    if (tally.shape.abColumns) {
      tally.recordAbColumns(connectUs ?? 0, ttfbUs ?? serviceUs, serviceUs, bodyBytes);
    }
    this.onSample?.({
      ...this.#sampleOf(request, endUs, Outcome.response),
      backend: tally.cells[cell]?.address || null,
      retries: answer.retries.map((retry) => tally.cells[retry]?.address ?? ''),
      status,
      connect: milliseconds(connectUs),
      ttfb: milliseconds(ttfbUs),
      bytes: answer.receivedBytes,
    });
  }

  /** Books a request that ended without a response. */
  failure(request: StartedRequest, endUs: number, outcome: Outcome, text: string | undefined): void {
    this.tally.recordFailure(outcome, text);
    this.onSample?.(this.#sampleOf(request, endUs, outcome));
  }

  /** Ends the recording. */
  close(): void {
    this.tally.close();
  }

  progress(elapsedUs: number): LoadProgress {
    return progressOf(this.tally, elapsedUs);
  }

  #sampleOf(request: StartedRequest, endUs: number, outcome: Outcome): Sample {
    const { index, kind, startUs, intendedUs } = request;
    return {
      index,
      request: this.tally.shape.requestNames[kind] ?? '',
      backend: null,
      retries: [],
      status: null,
      outcome: outcomeNames[outcome],
      start: startUs / 1000,
      wait: this.tally.shape.open
        ? milliseconds(intendedUs === undefined ? undefined : startUs - intendedUs)
        : 0,
      connect: null,
      ttfb: null,
      service: (endUs - startUs) / 1000,
      bytes: 0,
    };
  }
}

function milliseconds(us: number | undefined): number | null {
  return us === undefined ? null : us / 1000;
}
