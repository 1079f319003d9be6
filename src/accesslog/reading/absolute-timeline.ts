import type { TimelineData, TimelineTrack } from '../../tally/timeline.js';

/** Slices a tally's timeline holds. */
const maxSlices = 256;
/** The tally's first slice; every longer one is this times a power of two. */
const smallestSliceUs = 10_000;

interface Track {
  counts: Float64Array;
  busyUs: Float64Array;
}

/** A timeline in a form that survives a structured clone. Slice 0 of the arrays is slice `first` since 1970. */
export interface AbsoluteTimelineData {
  readonly sliceUs: number;
  readonly first: number;
  readonly length: number;
  readonly tracks: readonly TimelineTrack[];
}

/**
 * Counts and time in flight per backend and slice of absolute time. Unlike a run's, a log's lines come in no strict
 * order and its start is not known, so slices are counted from 1970: whatever the order and however the log is divided
 * among threads, slices end up the shortest (10 ms times a power of two) of which at most 256 cover all lines.
 */
export class AbsoluteTimeline {
  sliceUs: number;
  readonly tracks: Track[] = [];
  /** Slice number of index 0. */
  #base = 0;
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;
  /** Where responses are counted: a moment, and the index of its slice. */
  #endUs = 0;
  #current = 0;

  /** @param resolutionMs smallest difference between two times; slices are no shorter */
  constructor(resolutionMs: number) {
    this.sliceUs = smallestSliceUs;
    while (this.sliceUs < resolutionMs * 1000) this.sliceUs *= 2;
  }

  addTrack(): void {
    this.tracks.push({ counts: new Float64Array(2 * maxSlices), busyUs: new Float64Array(2 * maxSlices) });
  }

  /** The responses counted from now on ended at `endUs` since 1970. */
  moveTo(endUs: number): void {
    this.#endUs = endUs;
    this.#cover(Math.floor(endUs / this.sliceUs));
    this.#current = Math.floor(endUs / this.sliceUs) - this.#base;
  }

  countEnds(track: number, responses: number): void {
    const { counts } = this.tracks[track] as Track;
    counts[this.#current] = (counts[this.#current] as number) + responses;
  }

  /** Books time in flight. What lies more than 256 slices before the first line is left out. */
  recordBusy(track: number, startUs: number, endUs: number): void {
    this.#cover(Math.floor(endUs / this.sliceUs));
    this.#cover(Math.floor(startUs / this.sliceUs));
    const { busyUs } = this.tracks[track] as Track;
    const { sliceUs } = this;
    const first = Math.floor(startUs / sliceUs);
    const last = Math.floor(endUs / sliceUs);
    for (let slice = first; slice <= last; slice++) {
      const from = Math.max(startUs, slice * sliceUs);
      const to = Math.min(endUs, (slice + 1) * sliceUs);
      const index = slice - this.#base;
      busyUs[index] = (busyUs[index] as number) + (to - from);
    }
  }

  /** Adds another timeline, whose track `i` is this one's track `trackOf[i]`. */
  addData(data: AbsoluteTimelineData, trackOf: readonly number[]): void {
    if (data.length === 0) return;
    while (this.sliceUs < data.sliceUs) this.#double();
    const into = (slice: number) => Math.floor(((data.first + slice) * data.sliceUs) / this.sliceUs);
    this.#cover(into(0));
    this.#cover(into(data.length - 1));
    data.tracks.forEach((from, index) => {
      const to = this.tracks[trackOf[index] as number] as Track;
      for (let slice = 0; slice < data.length; slice++) {
        const at = into(slice) - this.#base;
        to.counts[at] = (to.counts[at] as number) + (from.counts[slice] as number);
        to.busyUs[at] = (to.busyUs[at] as number) + (from.busyUs[slice] as number);
      }
    });
  }

  toData(): AbsoluteTimelineData {
    const length = this.#last < this.#first ? 0 : this.#last - this.#first + 1;
    const from = length === 0 ? 0 : this.#first - this.#base;
    return {
      sliceUs: this.sliceUs,
      first: length === 0 ? 0 : this.#first,
      length,
      tracks: this.tracks.map(({ counts, busyUs }) => ({
        counts: counts.slice(from, from + length),
        busyUs: busyUs.slice(from, from + length),
      })),
    };
  }

  /** As a tally's timeline takes it, and the moment of its start. */
  toTallyData(): { readonly startMs: number | undefined; readonly data: TimelineData } {
    const { sliceUs, first, length, tracks } = this.toData();
    const padded = (values: Float64Array) => {
      const all = new Float64Array(maxSlices);
      all.set(values);
      return all;
    };
    return {
      startMs: length === 0 ? undefined : (first * sliceUs) / 1000,
      data: {
        sliceUs,
        first: 0,
        tracks: tracks.map(({ counts, busyUs }) => ({ counts: padded(counts), busyUs: padded(busyUs) })),
      },
    };
  }

  /** Makes room for a slice of the present length; slices may be longer afterwards. */
  #cover(slice: number): void {
    if (slice >= this.#first && slice <= this.#last) return;
    let wanted = slice;
    if (this.#last < this.#first) {
      this.#first = this.#last = wanted;
      this.#base = wanted - maxSlices;
      return;
    }
    while (Math.max(this.#last, wanted) - Math.min(this.#first, wanted) >= maxSlices) {
      this.#double();
      wanted = Math.floor(wanted / 2);
    }
    const first = Math.min(this.#first, wanted);
    const last = Math.max(this.#last, wanted);
    if (first < this.#base || last >= this.#base + 2 * maxSlices) this.#move(first - maxSlices / 2);
    this.#first = first;
    this.#last = last;
  }

  /** Slices twice as long. Pairs are those of absolute time, so that every timeline pairs alike. */
  #double(): void {
    this.sliceUs *= 2;
    if (this.#last < this.#first) return;
    const base = this.#base;
    const [first, last] = [this.#first, this.#last];
    this.#first = Math.floor(first / 2);
    this.#last = Math.floor(last / 2);
    this.#base = this.#first - maxSlices / 2;
    this.#rebuild(first, last, base, (slice) => Math.floor(slice / 2));
  }

  #move(base: number): void {
    const from = this.#base;
    this.#base = base;
    this.#rebuild(this.#first, this.#last, from, (slice) => slice);
  }

  #rebuild(first: number, last: number, from: number, into: (slice: number) => number): void {
    for (const track of this.tracks) {
      const counts = new Float64Array(2 * maxSlices);
      const busyUs = new Float64Array(2 * maxSlices);
      for (let slice = first; slice <= last; slice++) {
        const at = into(slice) - this.#base;
        counts[at] = (counts[at] as number) + (track.counts[slice - from] as number);
        busyUs[at] = (busyUs[at] as number) + (track.busyUs[slice - from] as number);
      }
      track.counts = counts;
      track.busyUs = busyUs;
    }
    this.#current = Math.floor(this.#endUs / this.sliceUs) - this.#base;
  }
}
