import type { Lease } from '../lease.js';
import type { Schedule } from '../schedule.js';
import type { Pacer, Starter } from './pacer.js';

/** A start later than this, with a place free, is late through our own fault. */
const lateUs = 2000;

/** The open model: requests start when the schedule says, whatever became of the ones before. */
export class OpenPacer implements Pacer {
  exhausted = false;
  /** Starts made, and those made late although a place was free. */
  starts = 0;
  lateStarts = 0;
  #starter: Starter | undefined;
  /** Since when due starts have been waiting for a place. */
  #capped = false;
  #stoppedAtUs = Number.POSITIVE_INFINITY;

  /**
   * @param cap most requests in flight
   * @param size number of requests of the run; `Infinity` when only time bounds it
   * @param durationUs `Infinity` when only the number bounds it
   * @param lease until when it may start anything; `undefined` for as long as it likes
   */
  constructor(
    readonly schedule: Schedule,
    readonly cap: number,
    readonly size: number,
    readonly durationUs: number,
    readonly indexBase: number,
    readonly lease?: Lease | undefined,
  ) {}

  run(starter: Starter): void {
    this.#starter = starter;
    this.#pump();
  }

  onEnded(): void {
    if (this.#capped) this.#pump();
  }

  onWake(): void {
    this.#pump();
  }

  onRefill(): void {}

  stop(): void {
    this.#stoppedAtUs = this.#starter?.elapsedUs() ?? 0;
    this.#finish();
  }

  dropped(elapsedUs: number): number {
    const endUs = Math.min(this.durationUs, this.#stoppedAtUs, elapsedUs);
    let dropped = 0;
    while (this.schedule.index < this.size && this.schedule.dueUs < endUs) {
      dropped++;
      this.schedule.advance();
    }
    return dropped;
  }

  #finish(): void {
    this.exhausted = true;
    this.#starter?.wakeIn(Number.POSITIVE_INFINITY);
    this.#starter?.onExhausted();
  }

  #pump(): void {
    const starter = this.#starter;
    if (this.exhausted || starter === undefined) return;
    const { schedule } = this;
    const wasCapped = this.#capped;
    this.#capped = false;
    for (;;) {
      const elapsedUs = starter.elapsedUs();
      if (schedule.index >= this.size || schedule.dueUs >= this.durationUs || elapsedUs >= this.durationUs) {
        this.#finish();
        return;
      }
      if (schedule.dueUs > elapsedUs) break;
      if (this.lease?.isOver) {
        this.stop();
        return;
      }
      if (starter.inFlight >= this.cap) {
        this.#capped = true;
        // While all places are taken nothing wakes the pacer but an end; the run's own end must do so too.
        starter.wakeIn(this.durationUs - elapsedUs);
        return;
      }
      this.starts++;
      const ownUs = wasCapped ? 0 : Math.round(elapsedUs - schedule.dueUs);
      if (ownUs > lateUs) this.lateStarts++;
      starter.start(this.indexBase + schedule.index, schedule.dueUs, ownUs);
      schedule.advance();
    }
    starter.wakeIn(schedule.dueUs - starter.elapsedUs());
  }
}
