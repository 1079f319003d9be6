import { nowUs } from '../../monotonic-clock.js';
import type { Line, LineEvents, Wire } from '../wire.js';
import type { Endpoints } from './endpoints.js';
import { type Libc, linux } from './libc.js';
import { KernelMemory } from './memory.js';
import { PacketClock } from './packet-clock.js';
import type { RehearsalPeer } from './rehearsal-peer.js';

/** A thread looks after its timers and messages at least this often, */
const longestWaitUs = 10_000;
/** and after it has been at work for so long. */
const sliceUs = 5_000;
const timeBytes = 16;

/** Room for a control message of `SO_TIMESTAMPNS`: length, level and type, seconds, nanoseconds. */
export const controlBytes = 32;

/**
 * What the two wires that speak to the kernel themselves have in common: turns that wait in the kernel and not in Node's event
 * loop, which gets its own turn now and then, and the kernel's clock. The thread is blocked while it waits, so it must
 * have no other work.
 */
export abstract class KernelWire implements Wire {
  /** `undefined` where packets are not dated. */
  readonly clock: PacketClock | undefined;
  /** Who is on the other side, when this thread serves that itself: then nothing is waited for. */
  peer: RehearsalPeer | undefined;
  readonly #time: KernelMemory;
  /** The kernel dates packets as long as one socket wants it; this one keeps it from stopping and starting. */
  readonly #anchor: number;
  #onTick: (() => void) | undefined;
  #isScheduled = false;
  #everyUs = 0;
  #nextTickUs = 0;
  #wakeUs = Number.POSITIVE_INFINITY;
  #onWake: () => void = () => {};
  #soon: (() => void)[] = [];
  /** An empty list, to take the place of that. */
  #none: (() => void)[] = [];

  constructor(
    protected readonly libc: Libc,
    protected readonly endpoints: Endpoints,
  ) {
    this.#time = KernelMemory.anonymous(libc, timeBytes);
    // Waits are then good to some microseconds instead of 50.
    libc.prctl(linux.PR_SET_TIMERSLACK, 1);
    this.#anchor = endpoints.areDated ? endpoints.socket(-1) : -1;
    if (!endpoints.areDated) return;
    this.clock = new PacketClock({
      monotonicUs: () => {
        const [seconds, nanoseconds] = process.hrtime();
        return seconds * 1e6 + nanoseconds / 1000;
      },
      wallUs: () => this.#timeOf(linux.CLOCK_REALTIME),
    });
  }

  get busyUs(): number {
    return this.#timeOf(linux.CLOCK_THREAD_CPUTIME_ID);
  }

  abstract newLine(source: number, events: LineEvents): Line;

  /** Hands over what there is, waits until something has come, for no longer than so many microseconds, and tells it. */
  protected abstract exchange(limitUs: number): void;

  /** When something arrived, by the control message that came with it; when it was seen, without one. */
  protected arrival(
    memory: KernelMemory,
    control: number,
    length: number,
    afterUs: number,
    seenUs: number,
  ): number {
    const { clock } = this;
    if (clock === undefined) return seenUs;
    const { words } = memory;
    if (length < controlBytes || words[(control + 12) >> 2] !== linux.SO_TIMESTAMPNS) {
      clock.undated++;
      return seenUs;
    }
    const nanoseconds = words[(control + 24) >> 2] as number;
    return clock.momentOf(memory.secondsAt(control + 16), nanoseconds, afterUs, seenUs);
  }

  begin(onTick: () => void, everyMs: number): void {
    this.#onTick = onTick;
    this.#everyUs = everyMs * 1000;
    this.#nextTickUs = nowUs() + this.#everyUs;
    this.#schedule();
  }

  end(): void {
    this.#onTick = undefined;
    this.#wakeUs = Number.POSITIVE_INFINITY;
  }

  soon(callback: () => void): void {
    this.#soon.push(callback);
  }

  wakeIn(us: number, callback: () => void): void {
    this.#wakeUs = us === Number.POSITIVE_INFINITY ? us : nowUs() + us;
    this.#onWake = callback;
  }

  close(): void {
    if (this.#anchor >= 0) this.libc.close(this.#anchor);
    this.#time.unmap();
  }

  readonly #slice = () => {
    this.#isScheduled = false;
    const untilUs = nowUs() + sliceUs;
    while (this.#onTick !== undefined && this.#turn() < untilUs);
    if (this.#onTick !== undefined) this.#schedule();
  };

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#slice);
  }

  /** @returns when it ended */
  #turn(): number {
    let now = nowUs();
    if (now >= this.#wakeUs) {
      this.#wakeUs = Number.POSITIVE_INFINITY;
      this.#onWake();
    }
    if (now >= this.#nextTickUs) {
      this.#nextTickUs = now + this.#everyUs;
      this.#onTick?.();
    }
    // What is asked for from here on is done behind the next exchange.
    const soon = this.#soon;
    this.#soon = this.#none;
    const nextUs = Math.min(this.#wakeUs, this.#nextTickUs, now + longestWaitUs);
    this.exchange(soon.length > 0 || this.peer !== undefined ? 0 : Math.max(0, nextUs - now));
    this.peer?.serve();
    for (const callback of soon) callback();
    soon.length = 0;
    this.#none = soon;
    now = nowUs();
    this.clock?.keep(now);
    return now;
  }

  #timeOf(clock: number): number {
    this.libc.clockGettime(clock, this.#time.addressOf(0, timeBytes));
    return this.#time.secondsAt(0) * 1e6 + (this.#time.words[2] as number) / 1000;
  }
}
