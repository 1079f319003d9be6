import type { LoadStage } from '../model/plan.js';

/** A stage on the clock of its run, in microseconds. */
interface Span extends Pick<LoadStage, 'from' | 'to'> {
  readonly startUs: number;
  readonly lengthUs: number;
  /** Open model: requests that are due before it begins. */
  readonly before: number;
}

/** Stages of a load as functions of time since the start of the run. */
export class LoadStages {
  readonly #spans: readonly Span[];

  constructor(stages: readonly LoadStage[]) {
    let [startUs, before] = [0, 0];
    this.#spans = stages.map(({ durationMs, from, to }) => {
      const span = { startUs, lengthUs: durationMs * 1000, from, to, before };
      startUs += span.lengthUs;
      before += ((from + to) / 2) * (durationMs / 1000);
      return span;
    });
  }

  /** The stage of a moment; what is late is of the last one. */
  indexAt(us: number): number {
    const spans = this.#spans;
    let index = spans.length - 1;
    while (index > 0 && us < (spans[index] as Span).startUs) index--;
    return index;
  }

  /**
   * When the request at a place among the due ones is due, in the open model; `Infinity` behind the last. The rate is linear over a
   * stage, so the requests due by then are its integral, of which this is the inverse.
   */
  dueUs(place: number): number {
    for (const { startUs, lengthUs, from, to, before } of this.#spans) {
      const seconds = lengthUs / 1e6;
      const nth = place - before;
      if (nth >= ((from + to) / 2) * seconds) continue;
      if (nth <= 0) return startUs;
      // The root that stays exact where the rate hardly changes, or not at all.
      const root = Math.sqrt(from * from + (2 * (to - from) * nth) / seconds);
      return startUs + (2e6 * nth) / (from + root);
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Requests to be in flight, in the closed model; none when the stages are over. */
  placesAt(us: number): number {
    const { startUs, lengthUs, from, to } = this.#spans[this.indexAt(us)] as Span;
    if (us >= startUs + lengthUs) return 0;
    return Math.round(from + ((to - from) * Math.max(0, us - startUs)) / lengthUs);
  }

  /** The next moment at which `placesAt` may be another; `Infinity` when the stages are over. */
  nextChangeUs(us: number): number {
    const { startUs, lengthUs, from, to } = this.#spans[this.indexAt(us)] as Span;
    const endUs = startUs + lengthUs;
    if (us >= endUs) return Number.POSITIVE_INFINITY;
    if (from === to) return endUs;
    // The middle between two whole numbers, where rounding goes over to the next; by the next whole microsecond it has.
    const step = Math.sign(to - from);
    const middle = this.placesAt(us) + step / 2;
    const changeUs = Math.floor(startUs + ((middle - from) * lengthUs) / (to - from)) + 1;
    return Math.min(endUs, Math.max(changeUs, us + 1));
  }
}
