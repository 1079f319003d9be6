import { Outcome } from '../model/outcome.js';
import type { Sample, StreamSample } from '../model/sample.js';
import type { Bursts } from '../stream/bursts.js';
import { usageOfText } from '../stream/chunk.js';
import type { StreamObserver } from '../stream/stream-observer.js';
import type { BackendCell } from '../tally/backend-cell.js';
import { ErrorStatuses } from '../tally/error-statuses.js';
import type { StageAccount } from '../tally/stage-account.js';
import { bookGap, bookNotStreamed, bookPromise, bookStream } from '../tally/streams.js';
import type { Tally } from '../tally/tally.js';
import { Attributor } from './attribution/attributor.js';
import { tallyFor } from './job-tally.js';
import type { LoadJob, LoadProgress } from './load-job.js';
import { progressOf } from './load-progress.js';
import { LoadStages } from './load-stages.js';
import {
  type Answer,
  checksOf,
  type NamedCheck,
  type ResponseChecks,
  responseChecksOf,
} from './response-checks.js';

/** An answer that is an event stream: what was said in it, and how it came. */
interface StreamAnswer {
  readonly observer: StreamObserver;
  readonly bursts: Bursts;
  readonly isCompressed: boolean;
}

/**
 * A request and what has come back for it so far. Moments are microseconds of the engine's clock; what did not come, or
 * was not measured, is `undefined`.
 */
export interface Exchange {
  /** Number of the request in the run. */
  readonly index: number;
  /** Its index among the requests of the mix. */
  readonly kind: number;
  readonly startUs: number;
  /** When it was due; `undefined` when the engine does not know, and may be in the closed model. */
  readonly intendedUs: number | undefined;
  /** True when the request opened its connection. */
  readonly opened: boolean;
  /** Start to connection ready; 0 on a connection that was already open. */
  readonly connectUs: number | undefined;
  /** Start to first byte. */
  readonly ttfbUs: number | undefined;
  /** Start to first byte of the body. */
  readonly firstByteBodyUs: number | undefined;
  /** Of the whole head of the final response. */
  readonly status: number | undefined;
  /** Of the backend that sent the head; the unattributed cell without one. */
  readonly cell: number;
  /** Cells of the attempts before it. */
  readonly retries: readonly number[];
  readonly receivedBytes: number;
  readonly bodyBytes: number;
  /** The answer, where it is an event stream. */
  readonly stream?: StreamAnswer | undefined;
  /** What checks look at, where there are any. */
  readonly answer?: Answer | undefined;
  /** The answer's text, where it is no stream although one was asked for. */
  readonly unstreamed?: { text(): string } | undefined;
}

const outcomeNames = Object.fromEntries(
  Object.entries(Outcome).map(([name, outcome]) => [outcome, name]),
) as Record<Outcome, Sample['outcome']>;

/** Books what becomes of the requests of one phase after the other, in a tally each, and as samples. */
export class Recorder {
  tally: Tally;
  readonly attributor: Attributor;
  /** Of each kind of request; what its responses must be like. */
  readonly checks: readonly (ResponseChecks | undefined)[];
  readonly #checkNames: readonly NamedCheck[];
  /** Of each kind of request. */
  readonly #errors: readonly ErrorStatuses[];
  /** `undefined` for a load without. */
  readonly #stages: LoadStages | undefined;
  #originUs = 0;
  #onSample: ((sample: Sample) => void) | undefined;

  /** @param oldestStartUs earliest start among the requests in flight; asked for now and then */
  constructor(
    readonly job: LoadJob,
    readonly oldestStartUs: () => number,
  ) {
    this.#stages = job.load.stages && new LoadStages(job.load.stages);
    this.tally = tallyFor(job);
    this.attributor = new Attributor(job.attribution, job.poolNames, this.tally);
    this.checks = responseChecksOf(job.requests);
    this.#checkNames = checksOf(job.requests);
    this.#errors = job.requests.map(({ errors }) => new ErrorStatuses(errors));
  }

  /**
   * Begins a phase, with an empty tally.
   *
   * @param originUs the moment that times count from
   * @param onSample gets each request
   */
  begin(originUs: number, onSample: ((sample: Sample) => void) | undefined): void {
    this.tally = tallyFor(this.job);
    this.attributor.switchTo(this.tally);
    this.#originUs = originUs;
    this.#onSample = onSample;
  }

  /** Books a complete response; call once it no longer counts for `oldestStartUs`. */
  response(exchange: Exchange, endUs: number): void {
    const { tally } = this;
    const { startUs, intendedUs, connectUs, ttfbUs, firstByteBodyUs, bodyBytes } = exchange;
    const status = exchange.status as number;
    const failedCheck = this.#failedCheck(exchange);
    const isError = failedCheck >= 0 || this.#isErrorStatus(exchange);
    const serviceUs = endUs - startUs;
    tally.counters.receivedBytes += exchange.receivedBytes;
    tally.counters.bodyBytes += bodyBytes;
    if (exchange.opened && connectUs !== undefined) tally.clocks.connect.record(connectUs);
    const responseUs =
      tally.shape.open && intendedUs !== undefined ? Math.round(endUs - intendedUs) : undefined;
    if (responseUs !== undefined) tally.recordResponseTime(responseUs, status, isError);
    this.#stageOf(exchange)?.response(exchange.cell, isError, serviceUs, responseUs);
    if (firstByteBodyUs !== undefined)
      (tally.cells[exchange.cell] as BackendCell).clocks.firstByteBody.record(firstByteBodyUs);
    const full = tally.recordResponse(
      exchange.kind,
      exchange.cell,
      status,
      startUs - this.#originUs,
      ttfbUs,
      serviceUs,
      isError,
    );
    if (failedCheck >= 0) tally.recordFailedCheck(exchange.cell, failedCheck);
    if (full) this.#sweep(endUs);
    this.#bookStream(exchange, endUs, Outcome.response);
    const { slo } = this.job;
    if (slo !== undefined && !isError)
      bookPromise(tally, exchange.cell, exchange.stream?.observer, slo, intendedUs ?? startUs, endUs);
    if (exchange.unstreamed !== undefined)
      bookNotStreamed(tally, usageOfText(exchange.unstreamed.text()), exchange.cell);
    if (tally.shape.abColumns)
      tally.recordAbColumns(connectUs ?? 0, ttfbUs ?? serviceUs, serviceUs, bodyBytes);
    this.#onSample?.(this.#sampleOf(exchange, endUs, Outcome.response, isError, failedCheck));
  }

  /** Books a request that ended without a complete response; as `response`. */
  failure(exchange: Exchange, endUs: number, outcome: Outcome, text: string | undefined): void {
    const { tally } = this;
    const { startUs, cell, receivedBytes } = exchange;
    tally.counters.receivedBytes += receivedBytes;
    const full = tally.recordFailure(outcome, text, cell, startUs - this.#originUs, endUs - startUs);
    if (full) this.#sweep(endUs);
    this.#stageOf(exchange)?.failure();
    this.#bookStream(exchange, endUs, outcome);
    this.#onSample?.(this.#sampleOf(exchange, endUs, outcome));
  }

  /** Books the time between two reads of an answer that carried output, at the second. */
  gap({ kind, cell }: Exchange, gapUs: number, atUs: number): void {
    bookGap(this.tally, kind, cell, gapUs, atUs - this.#originUs);
  }

  /** The stage in which a request was due, or began where nothing says when it was due. */
  #stageOf({ intendedUs, startUs }: Exchange): StageAccount | undefined {
    const stages = this.#stages;
    return stages && this.tally.stages[stages.indexAt((intendedUs ?? startUs) - this.#originUs)];
  }

  #bookStream({ stream, kind, cell, startUs, intendedUs }: Exchange, endUs: number, outcome: Outcome): void {
    if (stream === undefined) return;
    const { observer, bursts, isCompressed } = stream;
    const isOne = observer.isCompletion || outcome === Outcome.empty || outcome === Outcome.streamError;
    if (!isOne) return;
    const originUs = this.#originUs;
    bookStream(this.tally, observer, {
      request: kind,
      cell,
      outcome,
      startUs,
      endUs,
      intendedUs,
      isCompressed,
      bursts,
      originUs,
    });
  }

  /** Books how late the sender itself was, at most, with so many requests that ended. */
  lag(lagUs: number, requests: number): void {
    this.tally.clocks.lag.record(lagUs, requests);
  }

  /** Ends the recording. */
  close(): void {
    this.tally.close();
  }

  progress(elapsedUs: number): LoadProgress {
    return progressOf(this.tally, elapsedUs, this.#checkNames);
  }

  #isErrorStatus({ kind, status = 0 }: Exchange): boolean {
    return this.#errors[kind]?.has(status) ?? true;
  }

  /** The number of the check that it fails; -1 when it fails none, or is an error by its status already. */
  #failedCheck(exchange: Exchange): number {
    const checks = this.checks[exchange.kind];
    if (checks === undefined || this.#isErrorStatus(exchange)) return -1;
    return checks.failed(exchange.status ?? 0, exchange.answer);
  }

  #sweep(endUs: number): void {
    this.tally.sweep(Math.min(this.oldestStartUs(), endUs) - this.#originUs);
  }

  #sampleOf(
    exchange: Exchange,
    endUs: number,
    outcome: Outcome,
    isError = outcome !== Outcome.cancelled,
    failedCheck = -1,
  ): Sample {
    const { index, kind, startUs, intendedUs } = exchange;
    const { cells, shape } = this.tally;
    const waitUs = intendedUs === undefined ? undefined : Math.max(0, startUs - intendedUs);
    return {
      index,
      request: shape.requestNames[kind] ?? '',
      backend: cells[exchange.cell]?.address || null,
      retries: exchange.retries.map((cell) => cells[cell]?.address ?? ''),
      status: exchange.status ?? null,
      outcome: outcomeNames[outcome],
      error: isError,
      ...(failedCheck >= 0 && { failedCheck: this.#checkNames[failedCheck]?.check ?? '' }),
      start: (startUs - this.#originUs) / 1000,
      wait: shape.open ? milliseconds(waitUs) : 0,
      connect: milliseconds(exchange.connectUs),
      ttfb: milliseconds(exchange.ttfbUs),
      service: (endUs - startUs) / 1000,
      bytes: exchange.receivedBytes,
      ...(exchange.stream?.observer.isCompletion === true && streamSample(exchange.stream.observer, startUs)),
    };
  }
}

function milliseconds(us: number | undefined): number | null {
  return us === undefined ? null : us / 1000;
}

function streamSample(observer: StreamObserver, startUs: number): StreamSample {
  const { firstOutputUs, stallUs, usage, outputEvents, outputReads } = observer;
  return {
    ttft: firstOutputUs < 0 ? null : (firstOutputUs - startUs) / 1000,
    stall: stallUs < 0 ? null : stallUs / 1000,
    tokensIn: usage?.prompt ?? null,
    tokensOut: usage?.completion ?? null,
    cached: usage?.cached ?? null,
    events: outputEvents,
    reads: outputReads,
  };
}
