import { describe, expect, it } from 'vitest';
import { PacketClock } from '../../../../src/engine/native/kernel/packet-clock.js';

/** Two clocks that run together, of which the wall clock can be set; a look at either takes half a microsecond. */
class Clocks {
  nowUs = 1_000_000;
  wallAheadUs = 1.7e15;
  monotonicUs() {
    this.nowUs += 0.5;
    return this.nowUs;
  }
  wallUs() {
    this.nowUs += 0.5;
    return this.nowUs + this.wallAheadUs;
  }
  /** The stamp of a packet that comes at a moment of the monotonic clock. */
  stamp(atUs: number): [seconds: number, nanoseconds: number] {
    const wallUs = atUs + this.wallAheadUs;
    const seconds = Math.floor(wallUs / 1e6);
    return [seconds, Math.round((wallUs - seconds * 1e6) * 1000)];
  }
}

describe('the clock of packets', () => {
  it('says when a packet came, in whole microseconds of the monotonic clock', () => {
    const clocks = new Clocks();
    const clock = new PacketClock(clocks);
    for (const atUs of [1_000_100, 1_000_101, 2_345_678]) {
      const moment = clock.momentOf(...clocks.stamp(atUs), 0, atUs + 50);
      expect(Number.isInteger(moment)).toBe(true);
      expect(Math.abs(moment - atUs)).toBeLessThanOrEqual(1);
    }
    expect([clock.steps, clock.undated]).toEqual([0, 0]);
  });

  it('never says that a packet came before what it answers, or after it was seen', () => {
    const clocks = new Clocks();
    const clock = new PacketClock(clocks);
    expect(clock.momentOf(...clocks.stamp(5_000_000), 5_000_030, 5_000_060)).toBe(5_000_030);
    expect(clock.momentOf(...clocks.stamp(5_000_090), 5_000_000, 5_000_060)).toBe(5_000_060);
  });

  it.each([-3_600_000_000, -1000, 1000, 3_600_000_000])(
    'notices by a packet that the wall clock was set by %i us, and dates it all the same',
    (byUs) => {
      const clocks = new Clocks();
      const clock = new PacketClock(clocks);
      clocks.wallAheadUs += byUs;
      const moment = clock.momentOf(...clocks.stamp(1_000_500), 1_000_400, 1_000_600);
      expect(Math.abs(moment - 1_000_500)).toBeLessThanOrEqual(1);
      expect([clock.steps, clock.undated]).toEqual([1, 0]);
    },
  );

  it('notices it without a packet when it compares the clocks, every 5 ms', () => {
    const clocks = new Clocks();
    const clock = new PacketClock(clocks);
    clocks.wallAheadUs += 500;
    clock.keep(clocks.nowUs + 1000);
    expect(clock.steps).toBe(0);
    clocks.nowUs += 5_000;
    clock.keep(clocks.nowUs);
    expect(clock.steps).toBe(1);
  });

  it('takes the moment of looking for a stamp that cannot be right', () => {
    const clocks = new Clocks();
    const clock = new PacketClock(clocks);
    // Stamped before the wall clock was set, looked at when the new offset is known.
    const old = clocks.stamp(1_000_500);
    clocks.wallAheadUs += 1e6;
    clock.compare();
    expect(clock.momentOf(...old, 1_000_400, 1_000_600)).toBe(1_000_600);
    expect([clock.steps, clock.undated]).toEqual([1, 1]);
  });
});
