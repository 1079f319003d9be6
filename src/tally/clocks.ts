import type { Keeper, NameKept } from './keeper.js';

/** What is recorded of one kind of duration. */
interface ClockRow {
  /** Whole microseconds, so that sums are exact in whatever order they are added. */
  readonly unit: 'us';
  /** Whom a histogram of it is kept for. */
  readonly per: readonly Keeper[];
}

/**
 * The kinds of duration that a tally keeps histograms of, a row each. A new one is a row here and a `record` where it is
 * seen; that it is merged and sent between threads follows.
 */
export const clockRows = {
  /** Actual start to last byte. */
  service: { unit: 'us', per: ['backend', 'request'] },
  /** Actual start to the first byte of the response. */
  ttfb: { unit: 'us', per: ['backend'] },
  /** Of attempts that did not serve the response, from start to end. */
  failedAttempt: { unit: 'us', per: ['backend'] },
  /** Actual start to connection ready, of the requests that opened one. */
  connect: { unit: 'us', per: ['run'] },
  /** Intended start to last byte; recorded in the open model only. */
  response: { unit: 'us', per: ['run'] },
  /** ab's columns, which have a value for every response: 0 to connect on a connection that was open already. */
  connectOrReuse: { unit: 'us', per: ['run'] },
  processing: { unit: 'us', per: ['run'] },
  waiting: { unit: 'us', per: ['run'] },
} as const satisfies Record<string, ClockRow>;

/** The clocks kept for a run, a backend or a request. */
export type ClockName<K extends Keeper> = NameKept<typeof clockRows, K>;
