import type { Client, Head, Options, Request } from 'autocannon';
import { Outcome } from '../../model/outcome.js';
import type { Sample } from '../../model/sample.js';
import { unattributedCell } from '../../tally/attempt-cells.js';
import type { FirstResponse, LoadJob } from '../load-job.js';
import { nowUs } from '../monotonic-clock.js';
import { type Exchange, Recorder } from '../recorder.js';
import { AnswerReader, valuesOf } from './answer-reader.js';
import { connectOptions } from './connect-options.js';
import { RequestSource } from './request-source.js';
import { type ClientOwner, type EndedRequest, WatchedClient } from './watched-client.js';

/** How long an interrupted phase waits for what is in flight. */
const interruptGraceMs = 1000;
/** A phase that has had no response gives up after this many failed connections; the target is not there. */
const hopelessConnectErrors = 10_000;
/** autocannon looks for timeouts no more than a second late. */
const stuckUs = 5_000_000;
/** How often autocannon looks whether all its connections are done, which is how late a phase ends. */
const sampleIntMs = 20;
/** Longer than any run: we say when it is over. As long as a timer can be. */
const foreverSec = 2_000_000;
/** Longest Server header kept. */
const maxServerLength = 256;

/** One phase of a load: a warm-up or the run itself. */
export interface PhaseBounds {
  /** `Infinity` when only time bounds it. */
  readonly requests: number;
  /** `Infinity` when only the number bounds it. */
  readonly durationMs: number;
  /** Number of its first request. */
  readonly indexBase: number;
}

interface NumberedRequest {
  readonly index: number;
  readonly kind: number;
}

type Autocannon = typeof import('autocannon').default;

/**
 * One run of autocannon. All its connections draw from one pool of numbered requests: autocannon would give each
 * connection a fixed part of them, so it is not told how many there are, and its connections are stopped when the
 * pool is empty.
 */
export class LoadPhase implements ClientOwner {
  readonly recorder: Recorder;
  first: FirstResponse | undefined;
  firstStartUs: number | undefined;
  lastByteUs = 0;
  gaveUp = false;

  readonly #job: LoadJob;
  readonly #bounds: PhaseBounds;
  readonly #source: RequestSource;
  readonly #reader: AnswerReader;
  readonly #clients: WatchedClient[] = [];
  readonly #onSample: ((sample: Sample) => void) | undefined;
  readonly #broken: Promise<void>;
  #break: () => void = () => {};
  #originUs = 0;
  #claimed = 0;
  /** The request that was last started and is about to be built. */
  #starting: NumberedRequest | undefined;
  /** The first request of a client that is being made: built, but not started yet. */
  #prepared: NumberedRequest | undefined;
  #tapClosedAtUs: number | undefined;
  #grace: NodeJS.Timeout | undefined;
  #fault: Error | undefined;

  constructor(job: LoadJob, bounds: PhaseBounds, onSample: ((sample: Sample) => void) | undefined) {
    this.#job = job;
    this.#bounds = bounds;
    this.#source = new RequestSource(job);
    this.#broken = new Promise((resolve) => {
      this.#break = resolve;
    });
    this.#onSample = onSample;
    this.recorder = new Recorder(job, () => Math.min(...this.#clients.map(({ startUs }) => startUs)));
    this.#reader = new AnswerReader(this.recorder.attributor);
  }

  /** @param address what the target's host resolved to @param onStart told the moment that times count from */
  async run(
    autocannon: Autocannon,
    address: string,
    onStart?: ((originUs: number) => void) | undefined,
  ): Promise<void> {
    const { durationMs } = this.#bounds;
    this.#originUs = nowUs();
    this.recorder.begin(this.#originUs, this.#onSample);
    onStart?.(this.#originUs);
    const timer =
      durationMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(() => this.closeTap(), durationMs);
    try {
      await Promise.race([autocannon(this.#options(address)), this.#broken]);
    } finally {
      clearTimeout(timer);
      clearTimeout(this.#grace);
    }
    if (this.#fault !== undefined) throw this.#fault;
    this.recorder.tally.counters.droppedStarts = this.#dropped();
    this.recorder.close();
  }

  get elapsedUs(): number {
    return nowUs() - this.#originUs;
  }

  /** True when a request has neither ended nor timed out for far too long. */
  get isStuck(): boolean {
    const limitUs = this.#job.load.timeoutMs * 1000 + stuckUs;
    return this.#clients.some(({ startUs }) => nowUs() - startUs > limitUs);
  }

  /** autocannon itself has failed: ends what is in flight, as something that it could not take. */
  breakDown(text: string): void {
    this.closeTap();
    for (const client of this.#clients) client.cancel(Outcome.malformed, text);
    this.#break();
  }

  get streams(): number {
    return this.#reader.streams;
  }

  get inexactBodies(): number {
    return this.#reader.inexactBodies;
  }

  /** Starts no further request. */
  closeTap(): void {
    if (this.#tapClosedAtUs !== undefined) return;
    this.#tapClosedAtUs = this.elapsedUs;
    for (const client of this.#clients) client.closeTap();
  }

  /** Stops sending; what is in flight has a moment to end and is cancelled then. */
  stop(): void {
    this.closeTap();
    this.#grace ??= setTimeout(() => this.#cancelAll(), interruptGraceMs);
  }

  onStart(client: WatchedClient): void {
    const prepared = this.#prepared;
    this.#prepared = undefined;
    const next = prepared ?? this.#claim();
    this.#starting = prepared === undefined ? next : undefined;
    client.begin(next.index, next.kind);
    this.firstStartUs ??= client.startUs;
    if (this.#claimed >= this.#bounds.requests) this.closeTap();
    if (this.#tapClosedAtUs !== undefined) client.closeTap();
  }

  onResponse(request: EndedRequest & { readonly head: Head }, receivedBytes: number): void {
    const { head, endUs } = request;
    if (head.statusCode < 200) {
      const text = `autocannon took an interim response (${head.statusCode}) for the response`;
      this.recorder.failure(
        this.#exchangeOf({ ...request, head: undefined }),
        endUs,
        Outcome.malformed,
        text,
      );
      return;
    }
    const bodyBytes = this.#reader.bodyBytes(head);
    this.first ??= {
      server: valuesOf(head, 'server')[0]?.slice(0, maxServerLength),
      bodyBytes,
      tls: undefined,
    };
    if (head.shouldKeepAlive) this.recorder.tally.counters.keptAlive++;
    const answer = this.#reader.answerOf(head);
    this.recorder.response({ ...this.#exchangeOf(request, true), receivedBytes, bodyBytes, answer }, endUs);
  }

  onFailure(request: EndedRequest, outcome: Outcome, text: string | undefined): void {
    const { tally } = this.recorder;
    const isFinal = (request.head?.statusCode ?? 0) >= 200;
    const seen = isFinal ? request : { ...request, head: undefined };
    this.recorder.failure(this.#exchangeOf(seen), request.endUs, outcome, text);
    if (tally.responses === 0 && tally.countOf(Outcome.connectError) >= hopelessConnectErrors) {
      this.gaveUp = true;
      this.closeTap();
    }
  }

  #options(address: string): Options {
    const { load } = this.#job;
    const connections = Math.min(load.concurrency, this.#bounds.requests);
    return {
      ...connectOptions(this.#job.target, address),
      connections: Math.min(connections, load.ratePerSec ?? connections),
      duration: foreverSec,
      timeout: load.timeoutMs / 1000,
      sampleInt: sampleIntMs,
      skipAggregateResult: true,
      ...(load.ratePerSec !== undefined && {
        overallRate: load.ratePerSec,
        ignoreCoordinatedOmission: true,
      }),
      setupClient: (client: Client) => {
        this.#clients.push(new WatchedClient(client, this, load.timeoutMs));
      },
      requests: [this.#template()],
    };
  }

  /** What autocannon builds its requests from: once for all, or each when it is sent. */
  #template(): Request {
    const onResponse = (_status: number, body: string) => {
      this.#reader.body = body;
    };
    return this.#source.isConstant
      ? { ...this.#source.requestOf(0, 0), onResponse }
      : { setupRequest: (request) => this.#setUp(request), onResponse };
  }

  /**
   * Fills in the next request of a client: right after it has said that it starts one, but for its very first, which
   * it builds before it says anything.
   */
  #setUp(request: Request): Request {
    this.#prepared = this.#starting === undefined ? this.#claim() : undefined;
    const next = this.#starting ?? this.#prepared;
    this.#starting = undefined;
    // A copy already, with all of autocannon's options in it: another one would cost more than all the rest.
    return Object.assign(request, next && this.#source.requestOf(next.index, next.kind));
  }

  #claim(): NumberedRequest {
    if (this.#claimed >= this.#bounds.requests && this.#fault === undefined) {
      this.#fault = new Error(
        `autocannon sent more than the ${this.#bounds.requests} requests it was asked for`,
      );
      setImmediate(() => this.#cancelAll());
    }
    const index = this.#bounds.indexBase + this.#claimed++;
    return { index, kind: this.#source.kindOf(index) };
  }

  #cancelAll(): void {
    for (const client of this.#clients) client.cancel();
  }

  /** Counts what every ended request counts for, and says what came of it: it tells no bytes of what did not end well. */
  #exchangeOf(ended: EndedRequest, isComplete = false): Exchange {
    const { index, kind, startUs, endUs, sentBytes, head, bodyUs } = ended;
    this.lastByteUs = endUs;
    this.recorder.tally.counters.sentBytes += sentBytes;
    const { attributor } = this.recorder;
    return {
      index,
      kind,
      startUs,
      intendedUs: undefined,
      opened: false,
      connectUs: undefined,
      ttfbUs: undefined,
      // The start may have been moved to when the request was written, but never behind the answer.
      firstByteBodyUs: bodyUs === undefined ? undefined : Math.max(0, bodyUs - startUs),
      status: head?.statusCode,
      cell: head === undefined ? unattributedCell : this.#reader.cellOf(head, isComplete),
      retries: head === undefined ? [] : attributor.lastRetries,
      receivedBytes: 0,
      bodyBytes: 0,
    };
  }

  /** Starts that an even schedule had due by the end and that were not made. */
  #dropped(): number {
    const { ratePerSec } = this.#job.load;
    if (ratePerSec === undefined || this.#tapClosedAtUs === undefined) return 0;
    const endMs = Math.min(this.#bounds.durationMs, this.#tapClosedAtUs / 1000);
    const due = Math.min(this.#bounds.requests, Math.ceil((endMs * ratePerSec) / 1000));
    return Math.max(0, due - this.#claimed);
  }
}
