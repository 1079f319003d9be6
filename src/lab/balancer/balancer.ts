import type { Algorithm } from '../../model/algorithm.js';

/** A balancer that lbbench has started, of whichever kind. */
export interface Balancer {
  /** `nginx 1.22.1` or `embedded`. */
  readonly name: string;
  /** On 127.0.0.1. */
  readonly port: number;
  /** In the article's format. Complete a moment after the last response; gone after `close`. */
  readonly accessLog: string;
  readonly pids: readonly number[];
  /** Balances by another method, with fresh state; settles when no request can be balanced by the old one any more. */
  use(algorithm: Algorithm): Promise<void>;
  /** Ends it and removes its files. */
  close(): Promise<void>;
}
