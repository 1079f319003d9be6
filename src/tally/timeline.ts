/** Slices a run is divided into at most; when it outgrows them, neighbours are merged and slices get twice as long. */
const maxSlices = 256;
const firstSliceUs = 10_000;

/** What one backend did over time. Its slice length is that of the `Timeline` it belongs to. */
export interface TimelineTrack {
  /** Responses completed in each slice. */
  readonly counts: Float64Array;
  /** Time spent in flight in each slice; divided by the slice it is the mean number in flight. */
  readonly busyUs: Float64Array;
}

/** A timeline in a form that survives a structured clone. */
export interface TimelineData {
  readonly sliceUs: number;
  readonly tracks: readonly TimelineTrack[];
}

/**
 * Counts and time in flight per backend and slice of time, in memory that does not grow with the run:
 * slices start at 10 ms and double whenever the run outgrows 256 of them.
 */
export class Timeline {
  sliceUs = firstSliceUs;
  readonly tracks: TimelineTrack[] = [];

  addTrack(): void {
    this.tracks.push({ counts: new Float64Array(maxSlices), busyUs: new Float64Array(maxSlices) });
  }

  /** Books one request that was in flight from `startUs` to `endUs`, both since the start of the run. */
  record(track: number, startUs: number, endUs: number): void {
    while (endUs >= this.sliceUs * maxSlices) this.#double();
    const { counts, busyUs } = this.tracks[track] as TimelineTrack;
    const sliceUs = this.sliceUs;
    const last = Math.floor(endUs / sliceUs);
    const first = Math.floor(startUs / sliceUs);
    counts[last] = (counts[last] as number) + 1;
    if (first === last) {
      busyUs[last] = (busyUs[last] as number) + (endUs - startUs);
      return;
    }
    busyUs[first] = (busyUs[first] as number) + ((first + 1) * sliceUs - startUs);
    for (let slice = first + 1; slice < last; slice++) busyUs[slice] = (busyUs[slice] as number) + sliceUs;
    busyUs[last] = (busyUs[last] as number) + (endUs - last * sliceUs);
  }

  /** Adds another timeline, whose track `i` is this one's track `trackOf[i]`. */
  addData(data: TimelineData, trackOf: readonly number[]): void {
    while (this.sliceUs < data.sliceUs) this.#double();
    const ratio = this.sliceUs / data.sliceUs;
    data.tracks.forEach((from, index) => {
      const to = this.tracks[trackOf[index] as number] as TimelineTrack;
      for (let slice = 0; slice < maxSlices; slice++) {
        const into = Math.floor(slice / ratio);
        to.counts[into] = (to.counts[into] as number) + (from.counts[slice] as number);
        to.busyUs[into] = (to.busyUs[into] as number) + (from.busyUs[slice] as number);
      }
    });
  }

  toData(): TimelineData {
    return { sliceUs: this.sliceUs, tracks: this.tracks };
  }

  #double(): void {
    for (const { counts, busyUs } of this.tracks) {
      mergePairs(counts);
      mergePairs(busyUs);
    }
    this.sliceUs *= 2;
  }
}

function mergePairs(values: Float64Array): void {
  const half = values.length / 2;
  for (let i = 0; i < half; i++) values[i] = (values[2 * i] as number) + (values[2 * i + 1] as number);
  values.fill(0, half);
}
