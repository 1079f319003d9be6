import { poolLater } from '../block-pool.js';
import type { RequestPool } from '../request-pool.js';
import type { Pacer, Starter } from './pacer.js';

/** The closed model: as soon as one request ends the next starts, so that `concurrency` are always in flight. */
export class ClosedPacer implements Pacer {
  exhausted = false;
  #starter: Starter | undefined;
  /** The pool had nothing when it was last asked, but will have. */
  #isWaiting = false;

  /** @param durationUs `Infinity` for a run bounded by its pool alone */
  constructor(
    readonly concurrency: number,
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
    if (starter.elapsedUs() >= this.durationUs) this.exhausted = true;
    while (!this.exhausted && !this.#isWaiting && starter.inFlight < this.concurrency) this.onEnded();
    if (this.exhausted) starter.onExhausted();
  }

  onEnded(): void {
    const starter = this.#starter;
    if (this.exhausted || starter === undefined) return;
    // The next request follows the last one's end within microseconds, whose time is known.
    const index = starter.lastEndUs >= this.durationUs ? -1 : this.pool.claim();
    if (index === poolLater) this.#isWaiting = true;
    else if (index < 0) this.exhausted = true;
    else starter.start(index, -1, 0);
  }

  onWake(): void {}

  stop(): void {
    this.exhausted = true;
  }

  dropped(): number {
    return 0;
  }
}
