/** Reads of one clock stand around a read of the other; the closest pair of so many counts. */
const looks = 5;
/** A pair further apart than this tells nothing: something else ran in between. */
const widestUs = 20;
/** More than two readings of the same offset can differ by. */
const stepUs = 100;
/** How often the clocks are compared. */
const everyUs = 5_000;

/** The two clocks, in microseconds with a fraction. */
export interface ClockPair {
  monotonicUs(): number;
  /** The wall clock, by which the kernel dates packets. */
  wallUs(): number;
}

/**
 * Turns the wall clock's moments, by which the kernel dates packets, into those of the monotonic clock. The two run at the
 * same pace (what slews one slews the other), so what is between them is constant until somebody sets the wall clock;
 * that is noticed at the next comparison, or at once by a packet that would have come in the future or before its request.
 */
export class PacketClock {
  /** How often the wall clock was set. */
  steps = 0;
  /** Packets that could not be dated. */
  undated = 0;
  #offsetUs = Number.NaN;
  #comparedUs = 0;

  constructor(readonly clocks: ClockPair) {
    this.compare(Number.POSITIVE_INFINITY);
  }

  /** Compares the clocks when it is time to. @param nowUs of the monotonic clock */
  keep(nowUs: number): void {
    if (nowUs - this.#comparedUs >= everyUs) this.compare();
  }

  /**
   * When a packet of this stamp came: in whole microseconds, as the monotonic clock is read, and never behind `seenUs`.
   *
   * @param afterUs what it answers was sent then
   */
  momentOf(seconds: number, nanoseconds: number, afterUs: number, seenUs: number): number {
    const wallUs = seconds * 1e6 + nanoseconds / 1000;
    let atUs = wallUs - this.#offsetUs;
    if (atUs > seenUs + stepUs || atUs < afterUs - stepUs) {
      this.compare();
      atUs = wallUs - this.#offsetUs;
      if (atUs > seenUs + stepUs || atUs < afterUs - stepUs) {
        this.undated++;
        return seenUs;
      }
    }
    return Math.max(afterUs, Math.min(seenUs, Math.floor(atUs)));
  }

  compare(withinUs = widestUs): void {
    const { clocks } = this;
    let narrowestUs = withinUs;
    let offsetUs = Number.NaN;
    for (let i = 0; i < looks; i++) {
      const before = clocks.monotonicUs();
      const wall = clocks.wallUs();
      const after = clocks.monotonicUs();
      if (after - before >= narrowestUs) continue;
      narrowestUs = after - before;
      offsetUs = wall - (before + after) / 2;
    }
    this.#comparedUs = clocks.monotonicUs();
    if (Number.isNaN(offsetUs)) return;
    if (Math.abs(offsetUs - this.#offsetUs) > stepUs) this.steps++;
    this.#offsetUs = offsetUs;
  }
}
