import { Outcome } from '../../model/outcome.js';
import { unattributedCell } from '../../tally/attempt-cells.js';
import type { LoadControl, LoadJob } from '../load-job.js';
import { LoadStages } from '../load-stages.js';
import { Recorder } from '../recorder.js';
import { encodersOf, type RequestEncoder } from '../request-encoder.js';
import { type RequestMix, requestMixOf } from '../request-mix.js';
import { Schedule } from '../schedule.js';
import { EndQueue } from './end-queue.js';
import type { Script, ScriptedResponse } from './script.js';

/** How long an interrupted run waits for what is in flight; virtual, as all time here. */
const interruptGraceUs = 1_000_000;
const progressEveryUs = 250_000;

/** One phase of a load: a warm-up or the run itself. */
export interface PhaseBounds {
  /** `Infinity` when only time bounds it. */
  readonly requests: number;
  /** `Infinity` when only the number bounds it. */
  readonly durationUs: number;
  /** Number of its first request. */
  readonly indexBase: number;
}

interface Flight {
  readonly index: number;
  readonly kind: number;
  readonly startUs: number;
  readonly intendedUs: number | undefined;
  readonly endUs: number;
  readonly response: ScriptedResponse;
  /** How it ends when nobody interrupts it. */
  readonly outcome: Outcome;
  readonly text: string | undefined;
}

/**
 * Plays one phase of a load in virtual time. The rules are the native engine's: closed, a request starts as soon as a
 * place is free; open, it starts when it is due or, at the cap, as soon as a place is free after that; nothing starts
 * once the phase's time is up, and what is in flight then still ends.
 */
export class Simulation {
  readonly recorder: Recorder;
  interrupted = false;

  readonly #job: LoadJob;
  readonly #script: Script;
  readonly #bounds: PhaseBounds;
  readonly #control: LoadControl;
  readonly #mix: RequestMix;
  readonly #encoders: readonly RequestEncoder[];
  /** `undefined` in the closed model. */
  readonly #schedule: Schedule | undefined;
  /** Of the closed model. */
  readonly #stages: LoadStages | undefined;
  readonly #flights = new EndQueue<Flight>();
  #nowUs = 0;
  #firstStartUs: number | undefined;
  #started = 0;
  /** Nothing starts from then on. */
  #stopUs: number;
  /** What is in flight then is cancelled. */
  #cancelUs = Number.POSITIVE_INFINITY;
  #nextProgressUs = progressEveryUs;

  constructor(job: LoadJob, script: Script, bounds: PhaseBounds, control: LoadControl) {
    const { load } = job;
    this.#job = job;
    this.#script = script;
    this.#bounds = bounds;
    this.#control = control;
    this.#stopUs = bounds.durationUs;
    this.#mix = requestMixOf(job);
    this.#encoders = encodersOf(job);
    if (load.stages !== undefined && load.model === 'closed') this.#stages = new LoadStages(load.stages);
    if (load.ratePerSec !== undefined) {
      this.#schedule = new Schedule(load, job.seed);
    }
    this.recorder = new Recorder(job, () => Math.min(...this.#flights.all().map(({ startUs }) => startUs)));
    this.recorder.begin(0, job.samples ? control.onSample : undefined);
  }

  /** Plays the phase to its end. */
  run(): void {
    do {
      this.#interruptWhenAborted();
      this.#startWhatIsDue();
    } while (this.#changePlaces() || this.#endNext());
    this.#countDropped();
    this.recorder.close();
  }

  /** First start to last end. */
  get durationUs(): number {
    return this.#firstStartUs === undefined ? 0 : this.#nowUs - this.#firstStartUs;
  }

  #interruptWhenAborted(): void {
    if (this.interrupted || this.#control.signal?.aborted !== true) return;
    this.interrupted = true;
    this.#stopUs = Math.min(this.#stopUs, this.#nowUs);
    this.#cancelUs = this.#nowUs + interruptGraceUs;
  }

  #startWhatIsDue(): void {
    const schedule = this.#schedule;
    while (this.#flights.size < this.#places() && this.#started < this.#bounds.requests) {
      const dueUs = schedule === undefined ? this.#nowUs : Math.round(schedule.dueUs);
      const startUs = Math.max(dueUs, this.#nowUs);
      if (startUs >= this.#stopUs) return;
      const firstEndUs = this.#flights.first?.endUs ?? Number.POSITIVE_INFINITY;
      // What ends up to then comes first.
      if (startUs > this.#nowUs && firstEndUs <= startUs) return;
      this.#nowUs = startUs;
      this.#start(schedule && dueUs);
      schedule?.advance();
    }
  }

  #places(): number {
    return this.#stages?.placesAt(this.#nowUs) ?? this.#job.load.concurrency;
  }

  /** Goes on to where there may be another number of places, if that comes before an end. */
  #changePlaces(): boolean {
    const changeUs = this.#stages?.nextChangeUs(this.#nowUs) ?? Number.POSITIVE_INFINITY;
    const isFirst = changeUs < Math.min(this.#stopUs, this.#flights.first?.endUs ?? Number.POSITIVE_INFINITY);
    if (isFirst) this.#nowUs = Math.ceil(changeUs);
    return isFirst;
  }

  #start(intendedUs: number | undefined): void {
    const index = this.#bounds.indexBase + this.#started++;
    const kind = this.#mix.kindOf(index);
    const response = this.#script(index, kind);
    const { timeoutMs } = this.#job.load;
    const timeoutUs = Math.round(timeoutMs * 1000);
    const startUs = this.#nowUs;
    // Time must go on, or a run bounded by time would never end.
    const serviceUs = Math.max(1, Math.round(response.serviceMs * 1000));
    this.#firstStartUs ??= startUs;
    const encoder = this.#encoders[kind] as RequestEncoder;
    this.recorder.tally.counters.sentBytes += encoder.encode(index).length + encoder.sharedBody.length;
    this.#flights.push({
      index,
      kind,
      startUs,
      intendedUs,
      endUs: startUs + Math.min(serviceUs, timeoutUs),
      response,
      ...(serviceUs > timeoutUs ? timedOut(timeoutMs) : endOf(response)),
    });
  }

  /** Moves on to the next end; false when nothing is in flight. */
  #endNext(): boolean {
    const flight = this.#flights.pop();
    if (flight === undefined) return false;
    this.#nowUs = Math.min(flight.endUs, this.#cancelUs);
    if (flight.endUs > this.#cancelUs)
      book(this.recorder, { ...flight, outcome: Outcome.cancelled, text: undefined }, this.#nowUs);
    else book(this.recorder, flight, flight.endUs);
    if (this.#nowUs >= this.#nextProgressUs) {
      this.#control.onProgress?.(this.recorder.progress(this.#nowUs));
      this.#nextProgressUs = (Math.floor(this.#nowUs / progressEveryUs) + 1) * progressEveryUs;
    }
    return true;
  }

  #countDropped(): void {
    const schedule = this.#schedule;
    if (schedule === undefined) return;
    while (schedule.index < this.#bounds.requests && Math.round(schedule.dueUs) < this.#stopUs) {
      this.recorder.tally.counters.droppedStarts++;
      schedule.advance();
    }
  }
}

function timedOut(timeoutMs: number): Pick<Flight, 'outcome' | 'text'> {
  return { outcome: Outcome.timeout, text: `no complete response within ${timeoutMs} ms` };
}

function endOf(response: ScriptedResponse): Pick<Flight, 'outcome' | 'text'> {
  return 'failure' in response
    ? { outcome: response.failure, text: response.text }
    : { outcome: Outcome.response, text: undefined };
}

/** Books what has come of a request by its end. */
function book(recorder: Recorder, flight: Flight, endUs: number): void {
  const { index, kind, startUs, intendedUs, response, outcome } = flight;
  const { status, upstream, ttfbMs, firstByteBodyMs, connectMs, bodyBytes = 0 } = response;
  const us = (ms: number) => Math.round(ms * 1000);
  const elapsedUs = endUs - startUs;
  const ttfbUs = Math.max(1, us(ttfbMs ?? response.serviceMs));
  const hasHead = status !== undefined && ttfbUs <= elapsedUs;
  const bodyUs = Math.max(ttfbUs, us(firstByteBodyMs ?? 0));
  const hasBody = hasHead && bodyBytes > 0 && bodyUs <= elapsedUs;
  const label = Buffer.from(upstream ?? '');
  const cell = hasHead
    ? recorder.attributor.byHeader({
        status,
        labelCount: upstream === undefined ? 0 : 1,
        labelBuffer: label,
        labelStart: 0,
        labelEnd: label.length,
      })
    : unattributedCell;
  const connectUs = us(connectMs ?? 0);
  const exchange = {
    index,
    kind,
    startUs,
    intendedUs,
    opened: connectUs > 0,
    connectUs: outcome === Outcome.connectError || connectUs > elapsedUs ? undefined : connectUs,
    ttfbUs: hasHead ? ttfbUs : undefined,
    firstByteBodyUs: hasBody ? bodyUs : undefined,
    status: hasHead ? status : undefined,
    cell,
    retries: hasHead ? recorder.attributor.lastRetries : [],
    receivedBytes: hasBody ? bodyBytes : 0,
    bodyBytes: hasBody ? bodyBytes : 0,
  };
  if (outcome === Outcome.response) recorder.response(exchange, endUs);
  else recorder.failure(exchange, endUs, outcome, flight.text);
}
