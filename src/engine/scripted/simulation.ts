import { Outcome } from '../../model/outcome.js';
import type { LoadControl, LoadJob } from '../load-job.js';
import { Recorder, type StartedRequest } from '../recorder.js';
import { RequestEncoder } from '../request-encoder.js';
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

/** What a phase came to. */
export interface SimulatedPhase {
  readonly recorder: Recorder;
  readonly durationUs: number;
  readonly interrupted: boolean;
}

/**
 * Plays one phase of a load in virtual time. The rules are the native engine's: closed, a request starts as soon as a
 * place is free; open, it starts when it is due or, at the cap, as soon as a place is free after that; nothing starts
 * once the phase's time is up, and what is in flight then still ends.
 */
export function simulatePhase(
  job: LoadJob,
  script: Script,
  bounds: PhaseBounds,
  control: LoadControl,
): SimulatedPhase {
  const { load } = job;
  const mix = new RequestMix(
    job.requests.map(({ weight }) => weight),
    job.seed,
  );
  const encoders = encodersOf(job);
  const schedule =
    load.ratePerSec === undefined ? undefined : new Schedule(load.ratePerSec, load.arrivals, job.seed);
  const flights = new EndQueue<Flight>();
  const recorder = new Recorder(job, job.samples ? control.onSample : undefined, () =>
    Math.min(...flights.all().map(({ startUs }) => startUs)),
  );
  const timeoutUs = Math.round(load.timeoutMs * 1000);
  let nowUs = 0;
  let started = 0;
  let firstStartUs: number | undefined;
  let stopUs = bounds.durationUs;
  let cancelUs = Number.POSITIVE_INFINITY;
  let progressUs = progressEveryUs;

  const start = (intendedUs: number | undefined) => {
    const index = bounds.indexBase + started++;
    const kind = mix.kindOf(index);
    const response = script(index, kind);
    const serviceUs = Math.max(1, Math.round(response.serviceMs * 1000));
    recorder.tally.bytes.sent += encoders[kind]?.encode(index).length ?? 0;
    firstStartUs ??= nowUs;
    flights.push({
      index,
      kind,
      startUs: nowUs,
      intendedUs,
      endUs: nowUs + Math.min(serviceUs, timeoutUs),
      response: serviceUs > timeoutUs ? timedOut(load.timeoutMs) : response,
    });
  };

  const startWhatIsDue = () => {
    while (flights.size < load.concurrency && started < bounds.requests) {
      const dueUs = schedule === undefined ? nowUs : Math.round(schedule.dueUs);
      const startUs = Math.max(dueUs, nowUs);
      if (startUs >= stopUs) return;
      // What ends up to then comes first.
      if (startUs > nowUs && flights.first !== undefined && flights.first.endUs <= startUs) return;
      nowUs = startUs;
      start(schedule && dueUs);
      schedule?.advance();
    }
  };

  const interruptWhenAborted = () => {
    if (control.signal?.aborted !== true || cancelUs !== Number.POSITIVE_INFINITY) return;
    stopUs = Math.min(stopUs, nowUs);
    cancelUs = nowUs + interruptGraceUs;
  };

  for (;;) {
    interruptWhenAborted();
    startWhatIsDue();
    const flight = flights.pop();
    if (flight === undefined) break;
    nowUs = Math.min(flight.endUs, cancelUs);
    if (flight.endUs > cancelUs) recorder.failure(flight, nowUs, Outcome.cancelled, undefined);
    else book(recorder, flight);
    if (nowUs >= progressUs) {
      control.onProgress?.(recorder.progress(nowUs));
      progressUs = (Math.floor(nowUs / progressEveryUs) + 1) * progressEveryUs;
    }
  }
  for (; schedule !== undefined && started < bounds.requests && schedule.dueUs < stopUs; started++) {
    recorder.tally.droppedStarts++;
    schedule.advance();
  }
  recorder.close();
  return {
    recorder,
    durationUs: firstStartUs === undefined ? 0 : nowUs - firstStartUs,
    interrupted: cancelUs !== Number.POSITIVE_INFINITY,
  };
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
    status,
    connectUs: Math.round(connectMs * 1000),
    ttfbUs: ttfbMs === undefined ? endUs - startUs : Math.round(ttfbMs * 1000),
    receivedBytes: bodyBytes,
    bodyBytes,
  });
}

function encodersOf(job: LoadJob): RequestEncoder[] {
  const frame = {
    authority: job.target.authority,
    userAgent: job.userAgent,
    keepAlive: job.load.keepAlive,
    httpVersion: job.load.httpVersion,
    pathPrefix: job.target.pathPrefix,
  };
  return job.requests.map((request) => new RequestEncoder(request, frame, job.seed));
}
