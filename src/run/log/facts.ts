import { fieldsOf } from '../../accesslog/dialect/dialects.js';
import { type LogAnswer, selectedFormats } from '../../accesslog/log-answer.js';

/** What a log can tell at all: one of the formats of its lines does. */
export interface LogFacts {
  /** Which backends were tried. */
  readonly tellsBackend: boolean;
  /** How long something took. */
  readonly hasTimes: boolean;
  /** How long the whole request took. */
  readonly hasRequestTime: boolean;
  /** How long each attempt took. */
  readonly hasAttemptTime: boolean;
  /** When something was; of whole seconds only when `isCoarse`. */
  readonly hasClock: boolean;
  readonly isCoarse: boolean;
  readonly hasStatus: boolean;
  readonly hasBodyBytes: boolean;
  readonly hasSentBytes: boolean;
}

export function logFacts(answer: Pick<LogAnswer, 'formats'>): LogFacts {
  const fields = selectedFormats(answer).map(({ format }) => fieldsOf(format));
  return {
    tellsBackend: fields.some(({ backend }) => backend !== undefined),
    hasTimes: fields.some(({ requestTime, attemptTime }) => (requestTime ?? attemptTime) !== undefined),
    hasRequestTime: fields.some(({ requestTime }) => requestTime !== undefined),
    hasAttemptTime: fields.some(({ attemptTime }) => attemptTime !== undefined),
    hasClock: fields.some(({ time }) => time !== undefined),
    isCoarse: fields.some(({ time }) => (time?.clock.resolutionMs ?? 1000) >= 1000),
    hasStatus: fields.some(({ status }) => status !== undefined),
    hasBodyBytes: fields.some(({ bodyBytes }) => bodyBytes !== undefined),
    hasSentBytes: fields.some(({ sentBytes }) => sentBytes !== undefined),
  };
}
