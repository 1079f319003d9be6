import { Outcome } from '../../model/outcome.js';
import type { Sample } from '../../model/sample.js';
import type { TallyData } from '../../tally/tally.js';
import type { LoadJob, LoadProgress } from '../load-job.js';
import { nowUs } from '../monotonic-clock.js';
import { Recorder } from '../recorder.js';
import { encodersOf, type RequestEncoder } from '../request-encoder.js';
import { type RequestMix, requestMixOf } from '../request-mix.js';
import { markedFor, type Phase } from '../run-mark.js';
import { BusyConnections } from './busy-connections.js';
import { Connection, type ConnectionOwner } from './connection.js';
import { FirstResponseObserver } from './first-response.js';
import { HeadMemory } from './head-memory.js';
import { Lateness } from './lateness.js';
import type { OpenedWire } from './open-wire.js';
import type { Pacer } from './pacer.js';
import type { PhaseResult } from './phase-result.js';
import { WaitingConnections } from './waiting-connections.js';
import type { Wire } from './wire.js';

/** A peer that has not closed its side after this long is not waited for any more. */
const lingerUs = 1_000_000;
/** Who closes a connection later than this after a request was sent has seen the request. */
const staleUs = 100_000;
/** How long an interrupted run waits for what is in flight. */
const interruptGraceUs = 1_000_000;
/** A run that has had no response gives up after this many failed connections; the target is not there. */
const hopelessConnectErrors = 10_000;
/** A failure is the sender's own affair where it lost this part of the request's time. */
const ownRatio = 0.1;

/**
 * Sends one thread's part of a load. It owns the connections and books what becomes of their requests; when and
 * which request starts next is the pacer's affair.
 */
export class LoadLoop implements ConnectionOwner {
  readonly heads = new HeadMemory();
  readonly resendWithinUs: number;
  readonly timeoutUs: number;
  readonly streamTimeoutUs: number;
  readonly idleTimeoutUs: number;
  readonly observer: FirstResponseObserver;

  readonly #job: LoadJob;
  readonly #mix: RequestMix;
  #encoders: readonly RequestEncoder[];
  readonly #recorder: Recorder;
  readonly #wire: Wire;
  /** Local addresses to send from; 1 where the system chooses. */
  readonly #sources: number;
  /** Open ones. */
  readonly #idle: WaitingConnections;
  /** Closed ones, to be opened again. */
  readonly #spare: WaitingConnections;
  /** Those that wait for the peer to close. */
  readonly #closing = new Set<Connection>();
  readonly #busy = new BusyConnections();
  /** How often requests past their deadline are looked for: late by no more than a tenth of a timeout. */
  readonly #lookMs: number;
  readonly #lateness: Lateness;

  #pacer: Pacer | undefined;
  #phaseStartUs = 0;
  #firstStartUs: number | undefined;
  #lastByteUs = 0;
  #stopping = false;
  #gaveUp = false;
  #finishPhase: (() => void) | undefined;
  readonly #onWake = () => this.#pacer?.onWake();

  constructor(job: LoadJob, { wire, use }: OpenedWire) {
    this.#job = job;
    this.#wire = wire;
    const { retryStale = true } = job.load;
    this.resendWithinUs = job.resendsUnseen ? Number.POSITIVE_INFINITY : retryStale ? staleUs : -1;
    const { timeoutMs, streamTimeoutMs = timeoutMs, idleTimeoutMs = Number.POSITIVE_INFINITY } = job.load;
    this.timeoutUs = timeoutMs * 1000;
    this.streamTimeoutUs = streamTimeoutMs * 1000;
    this.idleTimeoutUs = idleTimeoutMs * 1000;
    this.#lookMs = Math.min(20, Math.max(1, Math.floor(Math.min(timeoutMs, idleTimeoutMs) / 10)));
    this.#lateness = new Lateness(this.#busy, this.#lookMs * 1000, use.clock === 'kernel');
    this.#mix = requestMixOf(job);
    this.#encoders = encodersOf(markedFor(job, 'run'));
    this.#recorder = new Recorder(job, () => this.#busy.oldestStartUs(Number.POSITIVE_INFINITY));
    this.#sources = Math.max(1, job.load.sourceAddresses.length);
    this.#idle = new WaitingConnections(this.#sources);
    this.#spare = new WaitingConnections(this.#sources);
    this.observer = new FirstResponseObserver();
  }

  /** Marks the requests of the coming phase as what they are. */
  enter(phase: Phase): void {
    if (this.#job.runId !== undefined) this.#encoders = encodersOf(markedFor(this.#job, phase));
  }

  /**
   * Runs a phase to its end: the pacer has no more starts and nothing is in flight. Connections stay open for the
   * next phase.
   *
   * @param originUs the moment that times in the tally and the schedule count from
   * @param onSample gets each request of this phase
   */
  runPhase(
    pacer: Pacer,
    originUs: number,
    onSample?: ((sample: Sample) => void) | undefined,
  ): Promise<PhaseResult> {
    this.#recorder.begin(originUs, onSample);
    this.#pacer = pacer;
    this.#phaseStartUs = originUs;
    this.#firstStartUs = undefined;
    this.#lastByteUs = originUs;
    this.#gaveUp = false;
    // Stopped between two phases: the coming one sends nothing.
    if (this.#stopping) pacer.stop();
    return new Promise((resolve) => {
      this.#finishPhase = () => {
        this.#finishPhase = undefined;
        this.#wire.end();
        const { tally } = this.#recorder;
        this.#lateness.look(nowUs());
        tally.counters.droppedStarts = pacer.dropped(nowUs() - originUs);
        tally.close();
        resolve({
          tally,
          firstStartUs: this.#firstStartUs,
          lastByteUs: this.#lastByteUs,
          gaveUp: this.#gaveUp,
          lostUs: this.#lateness.lostUs,
          standstills: { ...this.#lateness.standstills },
        });
      };
      this.#lateness.begin(nowUs(), (lagUs, requests) => this.#recorder.lag(lagUs, requests));
      this.#wire.begin(() => this.#look(), this.#lookMs);
      pacer.run(this);
      this.#settle();
    });
  }

  get inFlight(): number {
    return this.#busy.count;
  }

  get lastEndUs(): number {
    return this.#lastByteUs - this.#phaseStartUs;
  }

  elapsedUs(): number {
    return nowUs() - this.#phaseStartUs;
  }

  start(index: number, intendedUs: number, lateUs: number): void {
    const kind = this.#mix.kindOf(index);
    const encoder = this.#encoders[kind] as RequestEncoder;
    const bytes = encoder.encode(index);
    const source = index % this.#sources;
    const connection = this.#idle.take(source) ?? this.#spare.take(source) ?? this.#newConnection(source);
    connection.index = index;
    connection.kind = kind;
    connection.lagUs = lateUs;
    connection.startLateUs = lateUs;
    this.#busy.add(connection);
    if (this.observer.wanted) this.observer.watch(connection.parser.head);
    connection.intendedUs = intendedUs < 0 ? undefined : this.#phaseStartUs + intendedUs;
    const checks = this.#recorder.checks[kind];
    connection.begin(bytes, encoder.sharedBody, encoder.headRequest, encoder.asksForStream, checks);
  }

  wakeIn(us: number): void {
    this.#wire.wakeIn(us, this.#onWake);
  }

  onExhausted(): void {
    this.#settle();
  }

  /** Stops sending for good; what is in flight has a moment to end and is cancelled then. */
  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#windDown();
  }

  /** Ends the phase. */
  #windDown(): void {
    const pacer = this.#pacer;
    pacer?.stop();
    this.#settle();
    setTimeout(() => {
      // What is in flight by now may be the next phase's.
      if (pacer !== this.#pacer) return;
      for (const connection of this.#busy.dueBefore(Number.POSITIVE_INFINITY)) {
        connection.abandon(Outcome.cancelled);
      }
    }, interruptGraceUs / 1000).unref();
  }

  /** Closes what is left open. */
  close(): void {
    this.#idle.destroyAll();
    for (const connection of this.#closing) connection.destroy();
    this.#lateness.close();
  }

  onSeen(atUs: number): void {
    this.#lateness.see(atUs);
  }

  onResponse(connection: Connection, atUs: number): void {
    this.#busy.remove(connection);
    this.#lateness.end(connection);
    this.#lastByteUs = atUs;
    this.#recorder.response(connection, atUs);
    if (this.observer.wanted) this.observer.take(connection);
    if (this.#job.load.keepAlive && connection.reusable) {
      this.#recorder.tally.counters.keptAlive++;
      this.#idle.put(connection);
    } else {
      connection.linger();
      this.#closing.add(connection);
    }
    this.#pacer?.onEnded();
    this.#settle();
  }

  onFailure(connection: Connection, outcome: Outcome, text: string | undefined, atUs: number): void {
    this.#busy.remove(connection);
    this.#lateness.end(connection);
    this.#lastByteUs = atUs;
    this.#recorder.failure(connection, atUs, outcome, text);
    const { tally } = this.#recorder;
    if (connection.lagUs > ownRatio * (atUs - connection.startUs)) tally.counters.lateFailures++;
    if (
      !this.#gaveUp &&
      outcome === Outcome.connectError &&
      tally.responses === 0 &&
      tally.countOf(Outcome.connectError) >= hopelessConnectErrors
    ) {
      this.#gaveUp = true;
      this.#windDown();
    }
    // Not at once: a failure that is reported before the event loop turns would starve it. By then another failure of the
    // same turn may have ended the phase, and a place that is free now is none of the next one's.
    const pacer = this.#pacer;
    this.#wire.soon(() => {
      if (pacer !== this.#pacer) return;
      pacer?.onEnded();
      this.#settle();
    });
  }

  onGap(connection: Connection, gapUs: number, atUs: number): void {
    this.#recorder.gap(connection, gapUs, atUs);
  }

  onResent(): void {
    this.#recorder.tally.counters.resent++;
  }

  onIdleClose(connection: Connection): void {
    this.#idle.remove(connection);
  }

  onClosed(connection: Connection): void {
    this.#closing.delete(connection);
    this.#spare.put(connection);
  }

  onStarted(atUs: number): void {
    this.#firstStartUs ??= atUs;
  }

  onBytesSent(bytes: number): void {
    this.#recorder.tally.counters.sentBytes += bytes;
  }

  /** See `Pacer.onRefill`. */
  refill(): void {
    this.#pacer?.onRefill();
  }

  /** The phase's tally so far, as of a phase that ended now. */
  snapshot(): TallyData {
    return this.#recorder.tally.snapshot();
  }

  progress(): LoadProgress {
    return this.#recorder.progress(this.elapsedUs());
  }

  #newConnection(source: number): Connection {
    return new Connection(this, this.#wire, this.#recorder.attributor, source);
  }

  /** Ends the phase when there is nothing left to wait for. */
  #settle(): void {
    if (this.#busy.count === 0 && this.#pacer?.exhausted === true) this.#finishPhase?.();
  }

  #look(): void {
    this.#lateness.look(nowUs());
    // What lies in the sockets is read first, then judged.
    this.#wire.soon(() => {
      if (this.#finishPhase === undefined) return;
      const now = nowUs();
      for (const connection of this.#busy.dueBefore(now)) {
        connection.abandon(Outcome.timeout, connection.lateText);
      }
      // Oldest first, so the first that is still in time ends the search.
      for (const connection of this.#closing) {
        if (now - connection.closingSinceUs < lingerUs) break;
        connection.destroy();
      }
    });
  }
}
