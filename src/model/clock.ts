/** Monotonic time. Injected wherever time matters, so that tests move it by hand. */
export interface Clock {
  /** Milliseconds since an arbitrary origin, with sub-millisecond precision. */
  nowMs(): number;
}
