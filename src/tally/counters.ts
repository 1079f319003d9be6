import type { Keeper } from '../model/clocks.js';
import type { NameKept } from './keeper.js';

/** Something that is counted or added up. */
interface CounterRow {
  readonly unit: 'requests' | 'responses' | 'attempts' | 'bytes' | 'us' | 'tokens' | 'events' | 'reads';
  /** Whom it is counted for. */
  readonly per: readonly Keeper[];
}

/**
 * What a tally counts beside outcomes and statuses, a row each; all of it whole numbers, and merging adds them up. A new
 * one is a row here and an addition where it is seen.
 */
export const counterRows = {
  /** Open model: starts that were due but never made. */
  droppedStarts: { unit: 'requests', per: ['run'] },
  receivedBytes: { unit: 'bytes', per: ['run'] },
  /** Of bodies, without the framing of chunks. */
  bodyBytes: { unit: 'bytes', per: ['run'] },
  sentBytes: { unit: 'bytes', per: ['run'] },
  /** Responses that the balancer made itself because no backend was left; they are unattributed too. */
  noBackendLeft: { unit: 'responses', per: ['run'] },
  /** Responses for which no backend was asked: local pages, cache hits, refused before; they are unattributed too. */
  notProxied: { unit: 'responses', per: ['run'] },
  /** Requests sent once more, on a new connection, because the kept one had been closed. */
  resent: { unit: 'requests', per: ['run'] },
  /** Requests without a response of whose time the sender itself lost a good part. */
  lateFailures: { unit: 'requests', per: ['run'] },
  /** Responses that carried the attribution header more than once. */
  duplicateHeaders: { unit: 'responses', per: ['run'] },
  /** Responses of backends beyond the first `maxBackends`. */
  backendOverflow: { unit: 'responses', per: ['run'] },
  /** Responses after which the connection could be used again. */
  keptAlive: { unit: 'responses', per: ['run'] },
  /** Responses to requests of that name, of that status, or of that stage. */
  count: { unit: 'responses', per: ['request', 'status', 'stage'] },
  /** Responses that count as errors. */
  errorResponses: { unit: 'responses', per: ['backend'] },
  /** Requests of the stage, however they ended. */
  ended: { unit: 'requests', per: ['stage'] },
  /** Of them, those that count as errors. */
  errors: { unit: 'requests', per: ['stage'] },
  /** Attempts at the backend that did not serve the response. */
  retries: { unit: 'attempts', per: ['backend'] },
  /** Responses that certainly came from the backend itself, where a log tells that. */
  servedFinal: { unit: 'responses', per: ['backend'] },
  /** Sum of its requests' time in flight. */
  busyUs: { unit: 'us', per: ['backend'] },
  /**
   * Largest number of requests in flight at once; filled in when the tally is closed. Of merged tallies it is the sum of
   * theirs, an upper bound: they may have had theirs at different moments.
   */
  peakInFlight: { unit: 'requests', per: ['backend'] },
  /** Streams of language models that it began to answer with, however they ended; other event streams are not among them. */
  streams: { unit: 'requests', per: ['backend'] },
  /** Of them, those that ended as they should. */
  streamsComplete: { unit: 'requests', per: ['backend'] },
  /** Of them, those that came compressed. */
  streamsCompressed: { unit: 'requests', per: ['backend'] },
  /** Answers that were no stream, to requests that asked for one. */
  notStreamed: { unit: 'responses', per: ['backend'] },
  /** Events of streams that were no JSON object, or too long. */
  badEvents: { unit: 'events', per: ['backend'] },
  /** Streams with output whose tokens the server did not count, and the events with output of those. */
  streamsByEvents: { unit: 'requests', per: ['backend'] },
  eventsOut: { unit: 'events', per: ['backend'] },
  /** Found in the server's cache, and the prompts of the requests of which it said so. */
  tokensCached: { unit: 'tokens', per: ['backend'] },
  tokensCacheable: { unit: 'tokens', per: ['backend'] },
  tokensReasoning: { unit: 'tokens', per: ['backend'] },
  /** Reads that carried output, those of more than one event with some, and all such events. */
  outputReads: { unit: 'reads', per: ['backend'] },
  coalescedReads: { unit: 'reads', per: ['backend'] },
  outputEvents: { unit: 'events', per: ['backend'] },
  /** Bursts in which streams came, between the first and the last, and those that were whole pages. */
  innerBursts: { unit: 'reads', per: ['backend'] },
  burstsOfPages: { unit: 'reads', per: ['backend'] },
  /** Bursts before the last, and those that ended where a TLS buffer of nginx is full. */
  burstsBeforeLast: { unit: 'reads', per: ['backend'] },
  burstsOfTlsBuffers: { unit: 'reads', per: ['backend'] },
  /** Complete streams of many events, and those whose first output came in the last tenth of their time. */
  longStreams: { unit: 'requests', per: ['backend'] },
  heldStreams: { unit: 'requests', per: ['backend'] },
  /** Requests that kept all that the plan's `slo` asks for, and responses that broke a part of it. */
  sloGood: { unit: 'requests', per: ['backend'] },
  sloBrokenTtft: { unit: 'requests', per: ['backend'] },
  sloBrokenTpot: { unit: 'requests', per: ['backend'] },
  sloBrokenE2e: { unit: 'requests', per: ['backend'] },
} as const satisfies Record<string, CounterRow>;

/** The counters kept for a run, a backend, a request or a status. */
export type CounterName<K extends Keeper> = NameKept<typeof counterRows, K>;
