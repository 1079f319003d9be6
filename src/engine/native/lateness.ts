import { closeSync, openSync, readSync } from 'node:fs';
import type { Standstills } from '../load-job.js';
import type { BusyConnections } from './busy-connections.js';
import type { Connection } from './connection.js';

/** Whoever sees nothing for this much longer than between two looks has stood still. */
const slackUs = 10_000;
/** Less than this, lost over one look, is what every machine does. */
const leastLostUs = 1_000;
/** A stop as long as this is worth a word. */
const standstillUs = 200_000;

/**
 * Tells how late the process itself was, and which requests that may have touched. It loses time when it stands still (a
 * stopped process, a sleeping machine, a turn of the event loop without end), when it starts a request late, and when it is
 * ready to run and others have the processor. What is lost while a request is in flight is at most part of its time, so
 * each request's `lag` is an upper bound of what is not the target's. Deadlines move by what is lost: nothing times out
 * because nobody looked.
 *
 * The kernel's own figure of waiting for a processor is looked at every so often, so that everything that was in flight
 * since the last look gets all of it.
 */
export class Lateness {
  /** Time lost in all. */
  lostUs = 0;
  readonly standstills: Standstills = { count: 0, longestUs: 0, requests: 0 };

  readonly #busy: BusyConnections;
  readonly #gapUs: number;
  readonly #runDelay = new RunDelay();
  #record: (lagUs: number, requests: number) => void = () => {};
  #seenUs = 0;
  #delayedUs = 0;
  /** Requests that ended since the last look: how many without a lag of their own, and the lags of the others. */
  #ended = 0;
  readonly #lags: number[] = [];

  /**
   * @param lookUs time between two calls of `look`
   * @param isDated arrivals are dated by the kernel, so that no time of a request has in it what was lost after it was sent: its
   * lag is then how late it started and how late its answer was looked at, exactly
   */
  constructor(
    busy: BusyConnections,
    lookUs: number,
    readonly isDated: boolean,
  ) {
    this.#busy = busy;
    this.#gapUs = lookUs + Math.min(slackUs, 2 * lookUs);
  }

  /** @param record gets the lag of each request that ends, several of the same lag at once */
  begin(nowUs: number, record: (lagUs: number, requests: number) => void): void {
    this.#record = record;
    this.#seenUs = nowUs;
    this.#delayedUs = this.#runDelay.us();
    this.lostUs = 0;
    Object.assign(this.standstills, { count: 0, longestUs: 0, requests: 0 });
  }

  /** Call with the time before whatever is seen at that time is handled. */
  see(nowUs: number): void {
    const gapUs = nowUs - this.#seenUs;
    this.#seenUs = nowUs;
    if (gapUs > this.#gapUs) this.#stoodStill(gapUs);
  }

  /** Looks how long the thread had to wait for a processor. */
  look(nowUs: number): void {
    this.see(nowUs);
    this.#lose(this.#waitedUs());
  }

  /** A request has ended and is busy no more. */
  end({ lagUs, startLateUs, handlingUs }: Connection): void {
    if (this.isDated) this.#record(startLateUs + handlingUs, 1);
    else if (lagUs === 0) this.#ended++;
    else this.#lags.push(lagUs);
  }

  close(): void {
    this.#runDelay.close();
  }

  #stoodStill(gapUs: number): void {
    // What ended before the gap has not seen it. While it stood still it may have been waiting for a processor.
    this.#lose(Math.max(0, this.#waitedUs() - gapUs));
    this.lostUs += gapUs;
    this.#busy.delay(gapUs);
    if (gapUs < standstillUs) return;
    const { standstills } = this;
    standstills.count++;
    standstills.longestUs = Math.max(standstills.longestUs, gapUs);
    standstills.requests += this.#busy.count;
  }

  #waitedUs(): number {
    const before = this.#delayedUs;
    this.#delayedUs = this.#runDelay.us();
    return this.#delayedUs - before;
  }

  /** Books time lost since the last look. */
  #lose(us: number): void {
    const lostUs = us < leastLostUs ? 0 : us;
    if (lostUs > 0) {
      this.lostUs += lostUs;
      this.#busy.delay(lostUs);
    }
    if (this.#ended > 0) this.#record(lostUs, this.#ended);
    for (const lagUs of this.#lags) this.#record(lagUs + lostUs, 1);
    this.#ended = 0;
    this.#lags.length = 0;
  }
}

/** How long this thread has been ready to run without a processor, since it began; 0 where the system does not tell. */
class RunDelay {
  readonly #file: number | undefined;
  readonly #text = Buffer.alloc(64);

  constructor() {
    try {
      // Of the thread that opens it; proc(5): time on the processor, time waiting for one, both in nanoseconds, and turns.
      this.#file = openSync('/proc/thread-self/schedstat', 'r');
    } catch {
      // Not Linux, or without scheduler statistics.
    }
  }

  us(): number {
    if (this.#file === undefined) return 0;
    const length = readSync(this.#file, this.#text, 0, this.#text.length, 0);
    const nanoseconds = Number(this.#text.toString('latin1', 0, length).split(' ')[1]);
    return Number.isFinite(nanoseconds) ? Math.floor(nanoseconds / 1000) : 0;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
  }
}
