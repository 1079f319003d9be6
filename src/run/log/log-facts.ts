import type { LogFormat } from '../../nginx/log-format.js';

/** What a log's format can tell at all. */
export interface LogFacts {
  /** `$upstream_addr` */
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

export function logFacts({ variables }: Pick<LogFormat, 'variables'>): LogFacts {
  const has = (...names: readonly string[]) => names.some((name) => variables.includes(name));
  return {
    tellsBackend: has('upstream_addr'),
    hasTimes: has('request_time', 'upstream_response_time'),
    hasClock: has('msec', 'time_iso8601', 'time_local'),
    isCoarse: !has('msec'),
    hasStatus: has('status'),
    hasBodyBytes: has('body_bytes_sent'),
    hasSentBytes: has('bytes_sent'),
  };
}
