/** One request as `--samples` writes it: a JSON object a line, times in milliseconds. */
export interface Sample {
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
