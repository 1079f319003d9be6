/** One request as `--samples` writes it: a JSON object a line, times in milliseconds. */
export interface Sample extends Partial<StreamSample> {
  /** Number of the request in the run, from 0, which with the seed decides what it asks for. */
  readonly index: number;
  /** Name of the request in the mix. */
  readonly request: string;
  /**
   * Address of the backend that sent the head of the response, whether or not the rest came too; `null` when none came or
   * it could not be told.
   */
  readonly backend: string | null;
  /** Addresses of the backends that were tried before and did not serve it, in that order. */
  readonly retries: readonly string[];
  /** Of the head; `null` when none came. A request that broke off later has one too: look at `outcome`. */
  readonly status: number | null;
  readonly outcome:
    | 'response'
    | 'connectError'
    | 'reset'
    | 'timeout'
    | 'malformed'
    | 'closed'
    | 'cancelled'
    | 'truncated'
    | 'streamError'
    | 'empty';
  /** Whether it counts as one: a response by its status and the checks, anything else but what lbbench itself gave up. */
  readonly error: boolean;
  /** The check that its response failed, where it failed one. */
  readonly failedCheck?: string;
  /** Actual start, since the start of the run. */
  readonly start: number;
  /** Intended start to actual start; 0 in the closed model, `null` when the engine does not know. */
  readonly wait: number | null;
  /** Start to connection ready; 0 on a connection that was already open, `null` when it never was. */
  readonly connect: number | null;
  /** Start to first response byte. */
  readonly ttfb: number | null;
  /** Start to last byte. */
  readonly service: number;
  /** Bytes received. */
  readonly bytes: number;
}

/** What a request that was answered by the stream of a language model has beside. */
export interface StreamSample {
  /** Start to the read that completed the first output; `null` without any. */
  readonly ttft: number | null;
  /** The longest time between two reads that carried output; `null` below two. */
  readonly stall: number | null;
  /** As the server counts them; `null` where it does not. */
  readonly tokensIn: number | null;
  readonly tokensOut: number | null;
  /** Of the prompt, found in the server's cache; `null` where it does not say. */
  readonly cached: number | null;
  /** Events with output, and the reads that they came in. */
  readonly events: number;
  readonly reads: number;
}
