import type { Algorithm } from './algorithm.js';

/** One `server` line of an nginx `upstream` block, with nginx's defaults filled in. */
export interface ServerLine {
  /** The first argument exactly as written; consistent hashing hashes this string, not the address. */
  readonly server: string;
  /** What `$upstream_addr` prints for it: `127.0.0.1:8001`, `[::1]:8001`, `unix:/run/a.sock`. */
  readonly address: string;
  readonly weight: number;
  /** 0 switches failure accounting off. nginx's default is 1. */
  readonly maxFails: number;
  /** Whole seconds, as nginx counts them. nginx's default is 10. */
  readonly failTimeoutSec: number;
  /** 0 means no limit. */
  readonly maxConns: number;
  readonly backup: boolean;
  readonly down: boolean;
}

/** One nginx `upstream` block: the pool and how it is balanced. */
export interface Upstream {
  readonly name: string;
  readonly servers: readonly ServerLine[];
  readonly algorithm: Algorithm;
  /** Shared memory zone; `undefined` when every worker balances for itself. */
  readonly zone: { readonly name: string; readonly sizeBytes: number | undefined } | undefined;
  /** Idle connections kept to the backends per worker; `undefined` when the directive is absent. */
  readonly keepalive: number | undefined;
}
