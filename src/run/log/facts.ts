import { fieldsOf } from '../../accesslog/dialect/dialects.js';
import type { LogFormat } from '../../nginx/log-format.js';

/** What a log's format can tell at all. */
export interface LogFacts {
  /** Which backends were tried. */
  readonly tellsBackend: boolean;
  /** How long something took. */
  readonly hasTimes: boolean;
  /** When something was; of whole seconds only when `isCoarse`. */
  readonly hasClock: boolean;
  readonly isCoarse: boolean;
  readonly hasStatus: boolean;
  readonly hasBodyBytes: boolean;
  readonly hasSentBytes: boolean;
}

export function logFacts(format: LogFormat): LogFacts {
  const { backend, requestTime, attemptTime, time, status, bodyBytes, sentBytes } = fieldsOf(format);
  return {
    tellsBackend: backend !== undefined,
    hasTimes: requestTime !== undefined || attemptTime !== undefined,
    hasClock: time !== undefined,
    isCoarse: (time?.clock.resolutionMs ?? 1000) >= 1000,
    hasStatus: status !== undefined,
    hasBodyBytes: bodyBytes !== undefined,
    hasSentBytes: sentBytes !== undefined,
  };
}
