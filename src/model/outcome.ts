/**
 * How a request ended. The kinds are disjoint and add up to the number of requests started.
 * The numbers index the tally's counters, so that counting one is a single array increment.
 */
export const Outcome = {
  /** A complete, well-formed response of any status. */
  response: 0,
  /** No connection: refused, unreachable, no free port, TLS handshake or certificate refused. */
  connectError: 1,
  /** The peer reset an established connection. */
  reset: 2,
  /** Nothing complete arrived within the request timeout, in whatever phase. */
  timeout: 3,
  /** Bytes that are not one HTTP response. */
  malformed: 4,
  /** The peer closed the connection before the response was complete. */
  closed: 5,
  /** lbbench gave up waiting because the run was interrupted. */
  cancelled: 6,
  /** A stream of a language model that ended well-formed without having said that it was done. */
  truncated: 7,
  /** A stream of a language model in which an event carried an error. */
  streamError: 8,
  /** A stream of a language model that ended without any output. */
  empty: 9,
} as const;

export type Outcome = (typeof Outcome)[keyof typeof Outcome];
