/** What a pacer drives. */
export interface Starter {
  readonly inFlight: number;
  /** Microseconds since the start of the phase. */
  elapsedUs(): number;
  /** When the last request ended, since the start of the phase; 0 before the first has. Costs no look at the clock. */
  readonly lastEndUs: number;
  start(index: number, intendedUs: number): void;
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
  stop(): void;
  /** Starts that were due by `elapsedUs` and never made. */
  dropped(elapsedUs: number): number;
}
