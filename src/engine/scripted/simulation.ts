import { Outcome } from '../../model/outcome.js';
import type { LoadControl, LoadJob } from '../load-job.js';
import { Recorder, type StartedRequest } from '../recorder.js';
import { frameOf, RequestEncoder } from '../request-encoder.js';
import { RequestMix } from '../request-mix.js';
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

interface Flight extends StartedRequest {
  readonly endUs: number;
  readonly response: ScriptedResponse;
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
    this.#mix = RequestMix.of(job);
    const frame = frameOf(job);
    this.#encoders = job.requests.map((request) => new RequestEncoder(request, frame, job.seed));
    if (load.ratePerSec !== undefined) {
      this.#schedule = new Schedule(load.ratePerSec, load.arrivals, job.seed);
    }
    this.recorder = new Recorder(job, job.samples ? control.onSample : undefined, () =>
      Math.min(...this.#flights.all().map(({ startUs }) => startUs)),
    );
  }

  /** Plays the phase to its end. */
  run(): void {
    do {
      this.#interruptWhenAborted();
      this.#startWhatIsDue();
    } while (this.#endNext());
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
    while (this.#flights.size < this.#job.load.concurrency && this.#started < this.#bounds.requests) {
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
    this.recorder.tally.counters.sentBytes += (this.#encoders[kind] as RequestEncoder).encode(index).length;
    this.#flights.push({
      index,
      kind,
      startUs,
      intendedUs,
      endUs: startUs + Math.min(serviceUs, timeoutUs),
      response: serviceUs > timeoutUs ? timedOut(timeoutMs) : response,
    });
  }

  /** Moves on to the next end; false when nothing is in flight. */
  #endNext(): boolean {
    const flight = this.#flights.pop();
    if (flight === undefined) return false;
    this.#nowUs = Math.min(flight.endUs, this.#cancelUs);
    if (flight.endUs > this.#cancelUs)
      this.recorder.failure(flight, this.#nowUs, Outcome.cancelled, undefined);
    else book(this.recorder, flight);
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

function timedOut(timeoutMs: number): ScriptedResponse {
  return {
    failure: Outcome.timeout,
    serviceMs: timeoutMs,
    text: `no complete response within ${timeoutMs} ms`,
  };
}

function book(recorder: Recorder, flight: Flight): void {
  const { response, startUs, endUs } = flight;
  if ('failure' in response) {
    recorder.failure(flight, endUs, response.failure, response.text);
    return;
  }
  const { status, upstream, ttfbMs, connectMs = 0, bodyBytes = 0 } = response;
  const label = Buffer.from(upstream ?? '');
  const cell = recorder.attributor.byHeader({
    status,
    labelCount: upstream === undefined ? 0 : 1,
    labelBuffer: label,
    labelStart: 0,
    labelEnd: label.length,
  });
  recorder.response(flight, endUs, {
    cell,
    retries: recorder.attributor.lastRetries,
    status,
    connectUs: Math.round(connectMs * 1000),
    ttfbUs: ttfbMs === undefined ? endUs - startUs : Math.round(ttfbMs * 1000),
    receivedBytes: bodyBytes,
    bodyBytes,
  });
}
