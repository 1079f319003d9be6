import { poolLater } from '../block-pool.js';
import type { RequestPool } from '../request-pool.js';
import type { Pacer, Starter } from './pacer.js';

/** How many requests are to be in flight, over time since the start of the phase. */
export interface Places {
  placesAt(us: number): number;
  /** `Infinity` for never. */
  nextChangeUs(us: number): number;
}

/** The closed model: as soon as one request ends the next starts, so that all places are always taken. */
export class ClosedPacer implements Pacer {
  exhausted = false;
  #starter: Starter | undefined;
  /** The pool had nothing when it was last asked, but will have. */
  #isWaiting = false;
  /** Places there are now. */
  #most = 0;

  /** @param durationUs `Infinity` for a run bounded by its pool alone */
  constructor(
    readonly places: Places,
    readonly pool: RequestPool,
    readonly durationUs: number,
  ) {}

  run(starter: Starter): void {
    this.#starter = starter;
    this.onRefill();
  }

  onRefill(): void {
    const starter = this.#starter;
    if (starter === undefined) return;
    this.#isWaiting = false;
    const elapsedUs = starter.elapsedUs();
    if (elapsedUs >= this.durationUs) this.exhausted = true;
    this.#most = this.places.placesAt(elapsedUs);
    if (!this.exhausted) starter.wakeIn(this.places.nextChangeUs(elapsedUs) - elapsedUs);
    while (!this.exhausted && !this.#isWaiting && starter.inFlight < this.#most) this.onEnded();
    if (this.exhausted) starter.onExhausted();
  }

  onEnded(): void {
    const starter = this.#starter;
    if (this.exhausted || starter === undefined || starter.inFlight >= this.#most) return;
    // The next request follows the last one's end within microseconds, whose time is known.
    const index = starter.lastEndUs >= this.durationUs ? -1 : this.pool.claim();
    if (index === poolLater) this.#isWaiting = true;
    else if (index < 0) this.exhausted = true;
    else starter.start(index, -1, 0);
  }

  /** There may be more places now, or fewer. */
  onWake(): void {
    this.onRefill();
  }

  stop(): void {
    this.exhausted = true;
  }

  dropped(): number {
    return 0;
  }
}
