/** What a pacer drives. */
export interface Starter {
  readonly inFlight: number;
  elapsedUs(): number;
  start(index: number, intendedUs: number): void;
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
