import { isErrorStatus } from '../figures/counts.js';
import type { Attempts } from '../model/attempts.js';
import { clockRows } from '../model/clocks.js';
import { Outcome } from '../model/outcome.js';
import type { OutcomeCounts } from '../model/report.js';
import { Account, type AccountData, type ClockName } from './account.js';
import { AttemptCells, unattributedCell } from './attempt-cells.js';
import { BackendCell, type BackendCellData } from './backend-cell.js';
import { CappedCounts, type CappedCountsData } from './capped-counts.js';
import type { CounterName } from './counters.js';
import { namesKept } from './keeper.js';
import { LatencyHistogram } from './latency-histogram.js';
import { PeakInFlight } from './peak-in-flight.js';
import { StageAccount, type StageAccountData } from './stage-account.js';
import { type StatusAccount, type StatusAccountData, StatusAccounts } from './status-accounts.js';
import { StatusCounts } from './status-counts.js';
import { Timeline, type TimelineData } from './timeline.js';

/** Distinct backends a tally keeps; the responses of further ones are counted as unattributed. */
export const maxBackends = 1024;

export interface TallyShape {
  /** Names of the requests in the mix. */
  readonly requestNames: readonly string[];
  /** True in the open model, where response time and service time differ. */
  readonly open: boolean;
  /** True to record ab's columns too: processing and waiting times, lengths of bodies. */
  readonly abColumns: boolean;
  /** How many stages the load has; none unless told. */
  readonly stages?: number | undefined;
}

/** A tally in a form that survives a structured clone. */
export interface TallyData {
  readonly shape: TallyShape;
  readonly run: AccountData<'run'>;
  readonly cells: readonly BackendCellData[];
  readonly requests: readonly AccountData<'request'>[];
  readonly statuses: readonly StatusAccountData[];
  readonly stages: readonly StageAccountData[];
  readonly timeline: TimelineData;
  readonly errors: CappedCountsData<string>;
  readonly bodyLengths: CappedCountsData<number>;
}

/**
 * The one accumulator of a run. Threads, access logs and machines each fill their own, and merging them loses nothing but
 * what has a bound of its own: peaks in flight add up, and where the parts together have more backends, statuses, error texts
 * or body lengths than there is room for, the first ones keep theirs.
 *
 * All times are whole microseconds. What is counted and which durations are kept stands in the rows of `counters.ts` and
 * of `clocks.ts` in `model/`. The `record…` methods are the hot path; they allocate nothing once every backend has been seen.
 */
export class Tally {
  readonly #run = new Account('run');
  /** Of the run as a whole. */
  readonly counters = this.#run.counters;
  readonly clocks = this.#run.clocks;
  /** `cells[0]` holds the unattributed. */
  readonly cells: BackendCell[] = [];
  /** In the order of the mix. */
  readonly requests: readonly Account<'request'>[];
  readonly statuses = new StatusAccounts();
  /** In their order; empty for a load without. */
  readonly stages: readonly StageAccount[];
  readonly timeline: Timeline;
  /** Texts of connection errors, for the warnings. */
  readonly errors = new CappedCounts<string>(32);
  readonly bodyLengths = new CappedCounts<number>(1024);

  readonly #cellByAddress = new Map<string, number>();
  readonly #peaks = new PeakInFlight();
  readonly #byRequest: boolean;

  /** @param timeline a run's unless told */
  constructor(
    readonly shape: TallyShape,
    timeline = new Timeline(0),
  ) {
    this.timeline = timeline;
    this.requests = shape.requestNames.map(() => new Account('request'));
    this.stages = Array.from({ length: shape.stages ?? 0 }, () => new StageAccount());
    this.#byRequest = shape.requestNames.length > 1;
    this.#addCell('');
  }

  /** A tally as it was encoded. */
  static from(data: TallyData): Tally {
    const tally = new Tally(data.shape, new Timeline());
    const cells = data.cells.map((cell) => {
      const index = cell.address === '' ? unattributedCell : tally.cellOf(cell.address);
      (tally.cells[index] as BackendCell).read(cell);
      return index;
    });
    tally.#run.read(data.run);
    data.requests.forEach((request, index) => {
      tally.requests[index]?.read(request);
    });
    tally.statuses.read(data.statuses);
    data.stages.forEach((stage, index) => {
      tally.stages[index]?.read(stage, cells);
    });
    tally.timeline.addData(data.timeline, cells);
    tally.errors.read(data.errors);
    tally.bodyLengths.read(data.bodyLengths);
    return tally;
  }

  /** The cell of a backend, made when it is new; the unattributed cell when there is no room for another. */
  cellOf(address: string): number {
    const known = this.#cellByAddress.get(address);
    if (known !== undefined) return known;
    if (this.cells.length > maxBackends) return unattributedCell;
    return this.#addCell(address);
  }

  /** Whether a backend has a cell: it is expected, or was seen. */
  hasCell(address: string): boolean {
    return this.#cellByAddress.has(address);
  }

  /** The cells of a request's attempts, for `recordAttempts`. */
  cellsOf({ kind, backends }: Attempts): AttemptCells {
    return new AttemptCells(
      kind,
      backends.map((backend) => (backend === undefined ? -1 : this.cellOf(backend))),
    );
  }

  /** Books what the attempts of responses say beside who served them: retries, and why nobody did. */
  recordAttempts({ kind, served, retries }: AttemptCells, responses = 1): void {
    for (let i = 0; i < retries.length; i++)
      (this.cells[retries[i] as number] as BackendCell).counters.retries += responses;
    if (kind === 'none-left') this.counters.noBackendLeft += responses;
    else if (kind === 'not-proxied') this.counters.notProxied += responses;
    else if (kind === 'served' && served === unattributedCell) this.counters.backendOverflow += responses;
  }

  /**
   * Books a complete response.
   *
   * @param startUs actual start, since the start of the run
   * @param ttfbUs `undefined` when it was not measured
   * @param isError whether it counts as one
   * @returns true when `sweep` should be called with the oldest start still in flight
   */
  recordResponse(
    request: number,
    cell: number,
    status: number,
    startUs: number,
    ttfbUs: number | undefined,
    serviceUs: number,
    isError = isErrorStatus(status),
  ): boolean {
    const { counters, clocks, status: statuses, outcomes } = this.cells[cell] as BackendCell;
    outcomes[Outcome.response] = (outcomes[Outcome.response] as number) + 1;
    if (isError) counters.errorResponses++;
    const alike = this.alike(status, isError);
    alike.counters.count++;
    alike.clocks.service.record(serviceUs);
    if (ttfbUs !== undefined) alike.clocks.ttfb.record(ttfbUs);
    counters.busyUs += serviceUs;
    statuses.record(status);
    clocks.service.record(serviceUs);
    if (ttfbUs !== undefined) clocks.ttfb.record(ttfbUs);
    if (this.#byRequest) {
      const named = this.requests[request] as Account<'request'>;
      named.counters.count++;
      named.clocks.service.record(serviceUs);
    }
    const endUs = startUs + serviceUs;
    this.timeline.record(cell, startUs, endUs);
    return this.#peaks.record(cell, startUs, endUs);
  }

  /**
   * Counts responses of which no more is known than who served them, as a log tells them.
   *
   * @param status `undefined` when not even that is known
   */
  countResponses(cell: number, status: number | undefined, responses: number): void {
    const { counters, outcomes, status: statuses } = this.cells[cell] as BackendCell;
    outcomes[Outcome.response] = (outcomes[Outcome.response] as number) + responses;
    if (status === undefined) return;
    statuses.record(status, responses);
    const alike = this.alike(status);
    alike.counters.count += responses;
    if (alike.isError) counters.errorResponses += responses;
  }

  /** Books that a response, which counts as an error, failed a check of the run. */
  recordFailedCheck(cell: number, check: number): void {
    (this.cells[cell] as BackendCell).failedChecks.record(check);
  }

  /** Responses that failed a check, by its number, over all backends. */
  failedChecks(): Map<number, number> {
    const all = new Map<number, number>();
    for (const { failedChecks } of this.cells)
      for (const [check, count] of failedChecks.entries()) all.set(check, (all.get(check) ?? 0) + count);
    return all;
  }

  /** What is kept of the responses of a status that count alike. */
  alike(status: number, isError = isErrorStatus(status)): StatusAccount {
    return this.statuses.of(status, isError);
  }

  /**
   * Books the time from when a request was due to its last byte: of the run, and of the status of its response.
   *
   * @param status `undefined` when it is not known
   */
  recordResponseTime(us: number, status: number | undefined, isError = isErrorStatus(status ?? 0)): void {
    this.clocks.response.record(us);
    if (status !== undefined) this.alike(status, isError).clocks.response.record(us);
  }

  /**
   * Books a request that ended without a complete response; its time in flight too.
   *
   * @param cell of the backend that had sent the head; the unattributed cell when none had come
   * @param startUs actual start, since the start of the run
   * @returns as `recordResponse`
   */
  recordFailure(
    outcome: Outcome,
    text: string | undefined,
    cell: number,
    startUs: number,
    serviceUs: number,
  ): boolean {
    if (text !== undefined) this.errors.record(text);
    const { outcomes, counters } = this.cells[cell] as BackendCell;
    outcomes[outcome] = (outcomes[outcome] as number) + 1;
    if (cell === unattributedCell) return false;
    counters.busyUs += serviceUs;
    const endUs = startUs + serviceUs;
    this.timeline.recordBusy(cell, startUs, endUs);
    return this.#peaks.record(cell, startUs, endUs);
  }

  /** Books ab's view of a response: `connectUs` is 0 on a connection that was already open. */
  recordAbColumns(connectUs: number, ttfbUs: number, serviceUs: number, bodyBytes: number): void {
    const { clocks } = this;
    clocks.connectOrReuse.record(connectUs);
    clocks.processing.record(serviceUs - connectUs);
    clocks.waiting.record(Math.max(0, ttfbUs - connectUs));
    this.bodyLengths.record(bodyBytes);
  }

  sweep(oldestStartUs: number): void {
    this.#peaks.sweep(oldestStartUs);
  }

  /** Ends the recording; figures that need the whole run are filled in. */
  close(): void {
    this.#peaks.finish();
    this.cells.forEach(({ counters }, index) => {
      counters.peakInFlight = Math.max(counters.peakInFlight, this.#peaks.peaks[index] as number);
    });
    const only = this.requests[0];
    if (!this.#byRequest && only !== undefined && only.counters.count === 0) {
      only.counters.count = this.responses;
      for (const { clocks } of this.cells) {
        for (const clock of namesKept(clockRows, 'request')) only.clocks[clock].add(clocks[clock]);
      }
    }
  }

  /**
   * Adds a closed tally of the same shape.
   *
   * @param isPool of a cell's name: it turned out to be that of a pool without backends, so what is booked on it was served
   *   by nobody
   * @returns this tally's cell of each of the other's cells
   */
  add(other: Tally, isPool: (name: string) => boolean = () => false): readonly number[] {
    const cells = other.cells.map((cell) => {
      if (cell.address !== '' && isPool(cell.address)) {
        this.counters.noBackendLeft += cell.count;
        (this.cells[unattributedCell] as BackendCell).addResponses(cell);
        return unattributedCell;
      }
      const index = cell.address === '' ? unattributedCell : this.cellOf(cell.address);
      // Each part may have kept other backends: what finds no room here joins the unattributed.
      if (index === unattributedCell && cell.address !== '') this.counters.backendOverflow += cell.count;
      (this.cells[index] as BackendCell).add(cell);
      return index;
    });
    this.#run.add(other.#run);
    this.requests.forEach((request, index) => {
      const from = other.requests[index];
      if (from !== undefined) request.add(from);
    });
    this.statuses.add(other.statuses);
    this.stages.forEach((stage, index) => {
      const from = other.stages[index];
      if (from !== undefined) stage.add(from, cells);
    });
    this.timeline.add(other.timeline, cells);
    this.errors.add(other.errors);
    this.bodyLengths.add(other.bodyLengths);
    return cells;
  }

  /** As `add`, of what another thread encoded. */
  addData(data: TallyData): readonly number[] {
    const other = Tally.from(data);
    const cells = this.add(other);
    other.release();
    return cells;
  }

  /** For another thread, or machine; call `close` first. */
  toData(): TallyData {
    return {
      shape: this.shape,
      run: this.#run.toData(),
      cells: this.cells.map((cell) => cell.toData()),
      requests: this.requests.map((request) => request.toData()),
      statuses: this.statuses.toData(),
      stages: this.stages.map((stage) => stage.toData()),
      timeline: this.timeline.toData(),
      errors: this.errors.toData(),
      bodyLengths: this.bodyLengths.toData(),
    };
  }

  /** What `close` and `toData` would give now, of a tally that goes on; peaks in flight are those known by now. */
  snapshot(): TallyData {
    const copy = new Tally(this.shape);
    const cells = copy.add(this);
    cells.forEach((index, from) => {
      const { counters } = copy.cells[index] as BackendCell;
      counters.peakInFlight = Math.max(counters.peakInFlight, this.#peaks.peaks[from] as number);
    });
    copy.close();
    const data = copy.toData();
    copy.release();
    return data;
  }

  /** Gives the histograms' memory back; the tally must not be used afterwards. */
  release(): void {
    this.statuses.release();
    for (const account of [this.#run, ...this.cells, ...this.requests, ...this.stages]) account.release();
  }

  /** Requests that ended so far, however they ended. */
  get ended(): number {
    return this.cells.reduce((sum, { outcomes }) => outcomes.reduce((all, count) => all + count, sum), 0);
  }

  /** Requests that ended so far in this way. */
  countOf(outcome: Outcome): number {
    return this.cells.reduce((sum, { outcomes }) => sum + (outcomes[outcome] as number), 0);
  }

  /** Whether any request was answered by the stream of a language model. */
  get hasStreams(): boolean {
    const ends = [Outcome.truncated, Outcome.streamError, Outcome.empty];
    return this.sum('streams') > 0 || ends.some((outcome) => this.countOf(outcome) > 0);
  }

  /** A counter over all backends. */
  sum(counter: CounterName<'backend'>): number {
    return this.cells.reduce((sum, { counters }) => sum + counters[counter], 0);
  }

  /** Responses counted so far. */
  get responses(): number {
    return this.countOf(Outcome.response);
  }

  outcomeCounts(): OutcomeCounts {
    const failedChecks = this.cells.reduce((sum, cell) => sum + cell.failedChecks.total, 0);
    return {
      started: this.ended,
      responses: this.countOf(Outcome.response),
      connectErrors: this.countOf(Outcome.connectError),
      resets: this.countOf(Outcome.reset),
      timeouts: this.countOf(Outcome.timeout),
      malformed: this.countOf(Outcome.malformed),
      closed: this.countOf(Outcome.closed),
      cancelled: this.countOf(Outcome.cancelled),
      droppedStarts: this.counters.droppedStarts,
      ...(this.hasStreams && {
        truncated: this.countOf(Outcome.truncated),
        streamErrors: this.countOf(Outcome.streamError),
        emptyStreams: this.countOf(Outcome.empty),
      }),
      ...(failedChecks > 0 && { failedChecks }),
    };
  }

  /** Responses by status over all backends. */
  statusCounts(): Record<string, number> {
    const all = new StatusCounts();
    for (const cell of this.cells) all.add(cell.status);
    return all.toRecord();
  }

  /** Of the ended requests, those that did not end in a response that counts as none. */
  errorCount(): number {
    return this.ended - this.successes;
  }

  /** Responses of a known status that do not count as errors. */
  get successes(): number {
    return this.statuses
      .all()
      .reduce((sum, { isError, counters }) => sum + (isError ? 0 : counters.count), 0);
  }

  /** A clock over all backends, in a histogram that the caller releases. */
  overall(clock: ClockName<'backend'>): LatencyHistogram {
    const all = new LatencyHistogram();
    for (const { clocks } of this.cells) all.add(clocks[clock]);
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
