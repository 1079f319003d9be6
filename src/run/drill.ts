import { FailoverWatch } from '../distribution/failover.js';
import { nowUs } from '../engine/monotonic-clock.js';
import { formatDuration, formatQuantity } from '../figures/format.js';
import type { Lab } from '../lab/lab.js';
import type { DrillEvent, FailoverReport } from '../model/failover.js';
import type { LabEvent } from '../model/plan.js';
import type { Sample } from '../model/sample.js';
import type { Warning } from '../model/warning.js';

/** An event that is done later than this after its time is warned of. */
const lateMs = 50;

export interface DrillPlan {
  /** In the order of their times. */
  readonly events: readonly LabEvent[];
  readonly lab: Pick<Lab, 'act' | 'servers'>;
  /** Most requests in flight. */
  readonly concurrency: number;
  /** The hash key of a request by its number; `undefined` for a method without one. */
  readonly keyOf: ((index: number) => string | undefined) | undefined;
}

/** Makes the backends of a lab fail at their times during one run, and watches what becomes of its requests. */
export class Drill {
  readonly #plan: DrillPlan;
  readonly #watch: FailoverWatch;
  readonly #events: DrillEvent[];
  readonly #warnings: Warning[] = [];
  #playing: Promise<void> = Promise.resolve();
  #wake: (() => void) | undefined;
  #started = false;
  #over = false;
  #endMs = 0;

  constructor(plan: DrillPlan) {
    this.#plan = plan;
    this.#watch = new FailoverWatch(
      plan.lab.servers.map(({ line }) => line),
      plan.concurrency,
    );
    this.#events = plan.events.map((event) => ({ ...event, startedMs: undefined, doneMs: undefined }));
  }

  /** The run begins: the times of the events count from here. */
  start(originUs: number): void {
    this.#started = true;
    this.#playing = this.#play(originUs);
  }

  /** A request has ended. */
  record({ index, start, service, backend, status, error: isError, retries, outcome }: Sample): void {
    // What lbbench gave up itself says nothing about the balancer.
    if (outcome === 'cancelled') return;
    const endMs = start + service;
    this.#endMs = Math.max(this.#endMs, endMs);
    const key = this.#plan.keyOf?.(index);
    this.#watch.record({ startMs: start, endMs, backend, status, isError, retries, key });
  }

  /** The run is over: what is still to come is dropped. Settles when an event under way is done. */
  async end(interrupted: boolean): Promise<{ failover: FailoverReport; warnings: readonly Warning[] }> {
    this.#over = true;
    this.#wake?.();
    await this.#playing;
    const missed = this.#events.filter(({ startedMs }) => startedMs === undefined);
    if (!this.#started && !interrupted)
      this.#warn('none of lab.events happened, because the engine plays in virtual time');
    else if (missed.length > 0 && !interrupted) this.#warn(missedText(missed, this.#endMs));
    return {
      failover: { events: this.#events, outages: this.#watch.outages(this.#endMs) },
      warnings: this.#warnings,
    };
  }

  async #play(originUs: number): Promise<void> {
    const elapsedMs = () => (nowUs() - originUs) / 1000;
    for (const [index, event] of this.#plan.events.entries()) {
      // A timer may be early by a fraction of a millisecond.
      for (let leftMs = event.atMs - elapsedMs(); leftMs > 0 && !this.#over; ) {
        await this.#sleep(Math.ceil(leftMs));
        leftMs = event.atMs - elapsedMs();
      }
      if (this.#over) return;
      const startedMs = elapsedMs();
      this.#watch.event(event, startedMs);
      try {
        await this.#plan.lab.act(event);
      } catch (error) {
        this.#events[index] = { ...event, startedMs, doneMs: undefined };
        this.#warn(`${eventText(event)} failed: ${(error as Error).message}`);
        continue;
      }
      const doneMs = elapsedMs();
      this.#watch.done(event.backend, doneMs);
      this.#events[index] = { ...event, startedMs, doneMs };
      if (doneMs - event.atMs > lateMs) {
        this.#warn(`${eventText(event)} was done ${formatDuration(doneMs - event.atMs)} late`);
      }
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #warn(text: string): void {
    this.#warnings.push({ code: 'drill', text });
  }
}

/** Makes every backend that a drill touches healthy again. @throws {LbbenchError} when one does not come back */
export async function recover(lab: Pick<Lab, 'act'>, events: readonly LabEvent[]): Promise<void> {
  const backends = [...new Set(events.map(({ backend }) => backend))];
  await Promise.all(backends.map((backend) => lab.act({ backend, action: 'start' })));
}

function eventText({ action, backend, atMs }: LabEvent): string {
  return `${action} of ${backend} at ${formatDuration(atMs)}`;
}

function missedText(missed: readonly DrillEvent[], endMs: number): string {
  const [first] = missed;
  const which = first === undefined ? '' : `, the first ${eventText(first)}`;
  return (
    `${formatQuantity(missed.length, 'event')} of the drill came after the end of the run at ${formatDuration(endMs)}` +
    `${which}: a longer load.duration would reach them`
  );
}
