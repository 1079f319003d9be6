/** What a balancing method may look at in a request; names as nginx's variables mean them. */
export interface BalancedRequest {
  readonly method: string;
  /** Request target as received. */
  readonly target: string;
  readonly remoteAddress: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** The choice of servers for one request: as often as `next` is asked, `end` is told how the attempt ended. */
export interface Selection {
  /** Index of the server to try; `undefined` when none is left. */
  next(nowSec: number): number | undefined;
  end(index: number, failed: boolean, nowSec: number): void;
  /** Whether another attempt is allowed after a failed one. */
  readonly mayRetry: boolean;
}

export type Select = (request: BalancedRequest) => Selection;
