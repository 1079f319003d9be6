/** What a balancer says about the backends that it tried for one request. */
export interface Attempts {
  /**
   * - `served`: the last attempt's backend;
   * - `none-left`: no backend was left to try, so the balancer answered;
   * - `not-proxied`: no backend was asked: a local page, a cache hit, a request refused before;
   * - `unclear`: attempts, but the last one does not name its backend.
   */
  readonly kind: 'served' | 'none-left' | 'not-proxied' | 'unclear';
  /** The attempts in order: failed tries, visits before an internal redirect, the last one; `undefined` for one that names no backend. */
  readonly backends: readonly (string | undefined)[];
  /** Of `none-left`: the pool's name, where it is told. */
  readonly pool: string | undefined;
  /**
   * Where a name stands in place of an address: the attempts if it is a backend's. Above it is taken for the pool's, which
   * stands there when no backend was left; the value alone cannot tell.
   */
  readonly named?: NamedAttempts;
}

/** Attempts of which some are told by names. */
export interface NamedAttempts {
  readonly backends: readonly (string | undefined)[];
  /** By attempt, whether what stands in `backends` is a name. */
  readonly isName: readonly boolean[];
}

/** Where nothing is told, or what is told makes no sense. */
export const noAttempts: Attempts = { kind: 'not-proxied', backends: [], pool: undefined };
