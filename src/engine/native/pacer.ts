/** What a pacer drives. */
export interface Starter {
  readonly inFlight: number;
  /** Microseconds since the start of the phase. */
  elapsedUs(): number;
  /** When the last request ended, since the start of the phase; 0 before the first has. Costs no look at the clock. */
  readonly lastEndUs: number;
  /**
   * Starts one request.
   *
   * @param intendedUs when it was due, since the start of the phase; -1 for now
   * @param lateUs how late the sender itself is with it
   */
  start(index: number, intendedUs: number, lateUs: number): void;
  /** Has `onWake` called in so many microseconds; `Infinity` for not at all. */
  wakeIn(us: number): void;
  /** The pacer has become exhausted; with nothing in flight no end of a request would show it. */
  onExhausted(): void;
}

/** Decides when which request starts. */
export interface Pacer {
  /** True when it will start no more requests. */
  readonly exhausted: boolean;
  run(starter: Starter): void;
  /** A request has ended: its place is free. */
  onEnded(): void;
  /** The time that it asked to be woken after is over. */
  onWake(): void;
  /** Numbers have come to a pool that had none. */
  onRefill(): void;
  stop(): void;
  /** Starts that were due by `elapsedUs` and never made. */
  dropped(elapsedUs: number): number;
}
