import type { BackendReport, OutcomeCounts, RunReport } from '../model/report.js';
import { isOfStatus } from '../text/status-name.js';

type Ended = Pick<RunReport, 'outcomes' | 'status' | 'successes'>;

/** Requests started, without those that lbbench itself gave up, and those of which nothing was heard again. */
export function endedCount({ outcomes }: Pick<RunReport, 'outcomes'>): number {
  return outcomes.started - outcomes.cancelled - (outcomes.lost ?? 0);
}

/** Of the requests that ended, those that did not end in a response that counts as none. */
export function errorCount(run: Ended): number {
  return endedCount(run) - goodCount(run);
}

/** Responses that do not count as errors; in older reports those of a status below 400. */
function goodCount({ status, successes }: Ended): number {
  return successes?.count ?? responsesWhere(status, (code) => !isErrorStatus(code));
}

/** Errors / requests that ended. The same figure as the metric `errors` of a threshold. */
export function errorRatio(run: Ended): number | undefined {
  const ended = endedCount(run);
  return ended > 0 ? errorCount(run) / ended : undefined;
}

/** Whether a status is an error where nobody says otherwise: 400 and above. One that is no number is one too, never good news. */
export function isErrorStatus(status: string | number): boolean {
  return !(Number(status) < 400);
}

/** Responses that are errors, of counts by status. */
export function errorResponses(status: Readonly<Record<string, number>>): number {
  return responsesWhere(status, isErrorStatus);
}

function responsesWhere(status: Readonly<Record<string, number>>, counts: (code: string) => boolean): number {
  return Object.entries(status).reduce((sum, [code, count]) => (counts(code) ? sum + count : sum), 0);
}

/**
 * Requests that broke off after a backend had sent the head of a response, without those that lbbench itself gave up, as
 * they are no errors of the run either.
 */
export function brokenOff({ failures }: BackendReport): number {
  if (failures === undefined) return 0;
  const { resets, timeouts, malformed, closed, truncated = 0, streamErrors = 0, emptyStreams = 0 } = failures;
  return resets + timeouts + malformed + closed + truncated + streamErrors + emptyStreams;
}

/** Requests that a backend answered with an error, or broke off after it had sent the head. */
export function backendErrors(backend: BackendReport): number {
  return (backend.errors ?? errorResponses(backend.status)) + brokenOff(backend);
}

/** Requests that a backend answered or began to answer. */
function answeredCount(backend: BackendReport): number {
  return backend.count + brokenOff(backend);
}

/** Errors of a backend / requests that it answered or began to answer. The same figure as `errors{backend=…}`. */
export function backendErrorRatio(backend: BackendReport): number | undefined {
  const ended = answeredCount(backend);
  return ended > 0 ? backendErrors(backend) / ended : undefined;
}

/** Responses of a code or a class, and the requests they are a part of: those that ended, or that a backend answered or began to answer. */
export function statusOf(
  code: string,
  run: RunReport,
  backend: BackendReport | undefined,
): [part: number, whole: number] {
  const part = responsesWhere((backend ?? run).status, (status) => isOfStatus(status, code));
  return [part, backend === undefined ? endedCount(run) : answeredCount(backend)];
}

type WithBackends = Pick<RunReport, 'backends'>;

/** Attempts that did not serve the response, over all backends. */
export function retryCount({ backends }: WithBackends): number {
  return backends.reduce((sum, { retries }) => sum + retries, 0);
}

/** Responses whose backend is known. */
export function attributedCount({ backends }: WithBackends): number {
  return backends.reduce((sum, { count }) => sum + count, 0);
}

/** Attempts that were passed on to another backend / all attempts: work that the pool did for nothing. */
export function retryRatio(run: WithBackends): number | undefined {
  const retries = retryCount(run);
  const attempts = retries + attributedCount(run);
  return attempts > 0 ? retries / attempts : undefined;
}

/** The kinds of failure that happened, in words: `12 timeouts`, `1 reset`, and the responses that failed a check. */
export function failures(
  outcomes: OutcomeCounts & { readonly lost?: number | undefined },
): { readonly count: number; readonly kind: string }[] {
  const kinds = [
    [outcomes.connectErrors, 'connect error', 'connect errors'],
    [outcomes.resets, 'reset', 'resets'],
    [outcomes.timeouts, 'timeout', 'timeouts'],
    [outcomes.malformed, 'malformed response', 'malformed responses'],
    [outcomes.closed, 'unexpected close', 'unexpected closes'],
    [outcomes.truncated ?? 0, 'truncated stream', 'truncated streams'],
    [outcomes.streamErrors ?? 0, 'error in a stream', 'errors in streams'],
    [outcomes.emptyStreams ?? 0, 'empty stream', 'empty streams'],
    [outcomes.failedChecks ?? 0, 'failed check', 'failed checks'],
    [outcomes.cancelled, 'cancelled', 'cancelled'],
    [outcomes.lost ?? 0, 'lost with its agent', 'lost with their agent'],
  ] as const;
  return kinds.flatMap(([count, one, many]) =>
    count === 0 ? [] : [{ count, kind: count === 1 ? one : many }],
  );
}

/** True when no backend's weight is known, so that equal shares over those seen were expected. */
export function weightsUnknown({ backends }: RunReport): boolean {
  return backends.every(({ weight }) => weight === undefined);
}

/** Time that requests spent in flight at a backend, added up over them: its work, as its count is its requests. */
export function busyMs({ load }: RunReport, { meanInFlight }: BackendReport): number | undefined {
  return meanInFlight === undefined ? undefined : meanInFlight * load.durationMs;
}
