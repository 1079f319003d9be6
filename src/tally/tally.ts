import { goodResponses } from '../figures/counts.js';
import { Outcome, type OutcomeCounts } from '../model/outcome.js';
import { BackendCell, type BackendCellData } from './backend-cell.js';
import { CappedCounts } from './capped-counts.js';
import { LatencyHistogram, type LatencyHistogramData } from './latency-histogram.js';
import { PeakInFlight } from './peak-in-flight.js';
import { StatusCounts } from './status-counts.js';
import { Timeline, type TimelineData } from './timeline.js';

/** Distinct backends a tally keeps; the responses of further ones are counted as unattributed. */
export const maxBackends = 1024;

/** Index of the cell that takes what could not be attributed. */
export const unattributedCell = 0;

export interface TallyShape {
  /** Names of the requests in the mix. */
  readonly requestNames: readonly string[];
  /** True in the open model, where response time and service time differ. */
  readonly open: boolean;
  /** True to record ab's columns too: processing and waiting times, lengths of bodies. */
  readonly abColumns: boolean;
}

/** A tally in a form that survives a structured clone. */
export interface TallyData {
  readonly shape: TallyShape;
  readonly outcomes: Float64Array;
  readonly droppedStarts: number;
  readonly bytes: { received: number; body: number; sent: number };
  readonly noBackendLeft: number;
  readonly duplicateHeaders: number;
  readonly backendOverflow: number;
  readonly keptAlive: number;
  readonly cells: readonly BackendCellData[];
  readonly requests: readonly { readonly count: number; readonly service: LatencyHistogramData }[];
  readonly connect: LatencyHistogramData;
  readonly response: LatencyHistogramData;
  readonly processing: LatencyHistogramData;
  readonly waiting: LatencyHistogramData;
  readonly connectOrReuse: LatencyHistogramData;
  readonly timeline: TimelineData;
  readonly errors: readonly (readonly [string, number])[];
  readonly errorOverflow: number;
  readonly bodyLengths: readonly (readonly [number, number])[];
  readonly bodyLengthOverflow: number;
}

/**
 * The one accumulator of a run. Threads, access logs and machines each fill their own, and merging them loses
 * nothing but one thing: the peak in flight of a merged tally is the sum of the parts' peaks, an upper bound.
 *
 * All times are whole microseconds. The two `record…` methods are the hot path; they allocate nothing once every
 * backend has been seen.
 */
export class Tally {
  readonly outcomes = new Float64Array(7);
  droppedStarts = 0;
  readonly bytes = { received: 0, body: 0, sent: 0 };
  /** Responses that the balancer made itself because no backend was left; they are unattributed too. */
  noBackendLeft = 0;
  /** Responses that carried the attribution header more than once. */
  duplicateHeaders = 0;
  /** Responses of backends beyond the first `maxBackends`. */
  backendOverflow = 0;
  /** Responses after which the connection could be used again. */
  keptAlive = 0;
  /** `cells[0]` holds the unattributed. */
  readonly cells: BackendCell[] = [];
  readonly requests: { count: number; readonly service: LatencyHistogram }[];
  /** Of the requests that opened a connection. */
  readonly connect = new LatencyHistogram();
  /** Intended start to last byte; recorded in the open model only. */
  readonly response = new LatencyHistogram();
  /** ab's columns, which have a value for every response: 0 to connect on a connection that was open already. */
  readonly connectOrReuse = new LatencyHistogram();
  readonly processing = new LatencyHistogram();
  readonly waiting = new LatencyHistogram();
  readonly timeline = new Timeline();
  /** Texts of connection errors, for the warnings. */
  readonly errors = new CappedCounts<string>(32);
  readonly bodyLengths = new CappedCounts<number>(1024);

  readonly #cellByAddress = new Map<string, number>();
  readonly #peaks = new PeakInFlight();
  readonly #byRequest: boolean;

  constructor(readonly shape: TallyShape) {
    this.requests = shape.requestNames.map(() => ({ count: 0, service: new LatencyHistogram() }));
    this.#byRequest = shape.requestNames.length > 1;
    this.#addCell('');
  }

  /** The cell of a backend, made when it is new; the unattributed cell when there is no room for another. */
  cellOf(address: string): number {
    const known = this.#cellByAddress.get(address);
    if (known !== undefined) return known;
    if (this.cells.length > maxBackends) return unattributedCell;
    return this.#addCell(address);
  }

  /**
   * Books a complete response.
   *
   * @param startUs actual start, since the start of the run
   * @param ttfbUs `undefined` when it was not measured
   * @returns true when `sweep` should be called with the oldest start still in flight
   */
  recordResponse(
    request: number,
    cell: number,
    status: number,
    startUs: number,
    ttfbUs: number | undefined,
    serviceUs: number,
  ): boolean {
    this.outcomes[Outcome.response] = (this.outcomes[Outcome.response] as number) + 1;
    const backend = this.cells[cell] as BackendCell;
    backend.count++;
    backend.busyUs += serviceUs;
    backend.status.record(status);
    backend.service.record(serviceUs);
    if (ttfbUs !== undefined) backend.ttfb.record(ttfbUs);
    if (this.#byRequest) {
      const named = this.requests[request] as { count: number; readonly service: LatencyHistogram };
      named.count++;
      named.service.record(serviceUs);
    }
    const endUs = startUs + serviceUs;
    this.timeline.record(cell, startUs, endUs);
    return this.#peaks.record(cell, startUs, endUs);
  }

  /** Books a request that ended without a response. */
  recordFailure(outcome: Outcome, text: string | undefined): void {
    this.outcomes[outcome] = (this.outcomes[outcome] as number) + 1;
    if (text !== undefined) this.errors.record(text);
  }

  /** Books ab's view of a response: `connectUs` is 0 on a connection that was already open. */
  recordAbColumns(connectUs: number, ttfbUs: number, serviceUs: number, bodyBytes: number): void {
    this.connectOrReuse.record(connectUs);
    this.processing.record(serviceUs - connectUs);
    this.waiting.record(Math.max(0, ttfbUs - connectUs));
    this.bodyLengths.record(bodyBytes);
  }

  sweep(oldestStartUs: number): void {
    this.#peaks.sweep(oldestStartUs);
  }

  /** Ends the recording; figures that need the whole run are filled in. */
  close(): void {
    this.#peaks.finish();
    this.cells.forEach((cell, index) => {
      cell.peakInFlight = Math.max(cell.peakInFlight, this.#peaks.peaks[index] as number);
    });
    const only = this.requests[0];
    if (!this.#byRequest && only !== undefined && only.count === 0) {
      only.count = this.outcomes[Outcome.response] as number;
      for (const cell of this.cells) only.service.add(cell.service);
    }
  }

  /** Adds a closed tally of the same shape. */
  addData(data: TallyData): void {
    data.outcomes.forEach((count, kind) => {
      this.outcomes[kind] = (this.outcomes[kind] as number) + count;
    });
    this.droppedStarts += data.droppedStarts;
    this.bytes.received += data.bytes.received;
    this.bytes.body += data.bytes.body;
    this.bytes.sent += data.bytes.sent;
    this.noBackendLeft += data.noBackendLeft;
    this.duplicateHeaders += data.duplicateHeaders;
    this.backendOverflow += data.backendOverflow;
    this.keptAlive += data.keptAlive;
    const cellOf = data.cells.map((cell) => {
      const index = cell.address === '' ? unattributedCell : this.cellOf(cell.address);
      // Each part may have kept other backends: what finds no room here joins the unattributed.
      if (index === unattributedCell && cell.address !== '') this.backendOverflow += cell.count;
      (this.cells[index] as BackendCell).addData(cell);
      return index;
    });
    this.requests.forEach((request, index) => {
      const from = data.requests[index];
      if (from === undefined) return;
      request.count += from.count;
      request.service.addData(from.service);
    });
    this.connect.addData(data.connect);
    this.response.addData(data.response);
    this.processing.addData(data.processing);
    this.waiting.addData(data.waiting);
    this.connectOrReuse.addData(data.connectOrReuse);
    this.timeline.addData(data.timeline, cellOf);
    this.errors.add(data.errors, data.errorOverflow);
    this.bodyLengths.add(data.bodyLengths, data.bodyLengthOverflow);
  }

  /** Call `close` first. */
  toData(): TallyData {
    return {
      shape: this.shape,
      outcomes: this.outcomes,
      droppedStarts: this.droppedStarts,
      bytes: this.bytes,
      noBackendLeft: this.noBackendLeft,
      duplicateHeaders: this.duplicateHeaders,
      backendOverflow: this.backendOverflow,
      keptAlive: this.keptAlive,
      cells: this.cells.map((cell) => cell.toData()),
      requests: this.requests.map(({ count, service }) => ({ count, service: service.toData() })),
      connect: this.connect.toData(),
      response: this.response.toData(),
      processing: this.processing.toData(),
      waiting: this.waiting.toData(),
      connectOrReuse: this.connectOrReuse.toData(),
      timeline: this.timeline.toData(),
      errors: this.errors.entries(),
      errorOverflow: this.errors.overflow,
      bodyLengths: this.bodyLengths.entries(),
      bodyLengthOverflow: this.bodyLengths.overflow,
    };
  }

  /** Responses counted so far. */
  get responses(): number {
    return this.outcomes[Outcome.response] as number;
  }

  /** Requests that ended so far, however they ended. */
  get ended(): number {
    return this.outcomes.reduce((sum, count) => sum + count, 0);
  }

  outcomeCounts(): OutcomeCounts {
    const [
      responses = 0,
      connectErrors = 0,
      resets = 0,
      timeouts = 0,
      malformed = 0,
      closed = 0,
      cancelled = 0,
    ] = this.outcomes;
    return {
      started: this.ended,
      responses,
      connectErrors,
      resets,
      timeouts,
      malformed,
      closed,
      cancelled,
      droppedStarts: this.droppedStarts,
    };
  }

  /** Responses by status over all backends. */
  statusCounts(): Record<string, number> {
    const all = new StatusCounts();
    for (const cell of this.cells) all.add(cell.status.toRecord());
    return all.toRecord();
  }

  /** Of the ended requests, those that did not end in a response of a status below 400. */
  errorCount(): number {
    return this.ended - goodResponses(this.statusCounts());
  }

  /** A phase over all backends, in a histogram that the caller releases. */
  overall(phase: 'service' | 'ttfb'): LatencyHistogram {
    const all = new LatencyHistogram();
    for (const cell of this.cells) all.add(cell[phase]);
    return all;
  }

  #addCell(address: string): number {
    const index = this.cells.length;
    this.cells.push(new BackendCell(address));
    this.timeline.addTrack();
    this.#peaks.addTrack();
    this.#cellByAddress.set(address, index);
    return index;
  }
}
