import type { Algorithm } from '../../model/algorithm.js';
import type { LbbenchError } from '../../model/fault.js';

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
  /** Settles, saying how, when it has ended by itself or was killed; nothing of it is left then. */
  readonly lost: Promise<LbbenchError>;
  /** What has gone wrong in it since this was asked last, and did not end it: one sentence each. */
  complaints(): Promise<readonly string[]>;
  /** Ends it and removes its files. */
  close(): Promise<void>;
}
