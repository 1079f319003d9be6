import type { Sample } from '../../model/sample.js';

/**
 * Puts the samples of several threads into the order in which their requests ended. Each thread hands them over in
 * batches and says up to which moment it has no more; what ended before all of these moments is passed on.
 */
export class SampleOrder {
  readonly #untilMs: number[];
  #waiting: Sample[] = [];

  constructor(
    threads: number,
    readonly onSample: (sample: Sample) => void,
  ) {
    this.#untilMs = new Array(threads).fill(0);
  }

  /** @param untilMs since the start of the run; every request of that thread that ended before is in a batch up to this one */
  add(thread: number, batch: readonly Sample[], untilMs: number): void {
    this.#untilMs[thread] = untilMs;
    for (const sample of batch) this.#waiting.push(sample);
    const readyMs = Math.min(...this.#untilMs);
    this.#waiting.sort((a, b) => endOf(a) - endOf(b));
    const first = this.#waiting.findIndex((sample) => endOf(sample) >= readyMs);
    const ready = first < 0 ? this.#waiting : this.#waiting.slice(0, first);
    this.#waiting = first < 0 ? [] : this.#waiting.slice(first);
    for (const sample of ready) this.onSample(sample);
  }
}

function endOf({ start, service }: Sample): number {
  return start + service;
}
