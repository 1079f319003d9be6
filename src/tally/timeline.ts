/** Slices a stretch of time is divided into at most. */
const maxSlices = 256;
/** The shortest slice; every longer one is this times a power of two. */
const shortestSliceUs = 10_000;

/** What is kept only of those of whom there is any: all that streams of language models have. */
export const streamRows = ['tokensIn', 'tokensOut', 'heldTokenMs', 'gaps', 'gapUs'] as const;

type StreamRow = (typeof streamRows)[number];

/** What one backend did over time, slice by slice. */
export interface TimelineTrack {
  /** Responses completed in each slice. */
  readonly counts: Float64Array;
  /** Time spent in flight in each slice; divided by the slice it is the mean number in flight. */
  readonly busyUs: Float64Array;
  /** Tokens of prompts, where their answers began, and tokens generated. */
  tokensIn?: Float64Array | undefined;
  tokensOut?: Float64Array | undefined;
  /** Tokens of prompts and answers, times the milliseconds that they were held; divided by the slice it is the mean held. */
  heldTokenMs?: Float64Array | undefined;
  /** Reads that carried output after another one, and the time since that. */
  gaps?: Float64Array | undefined;
  gapUs?: Float64Array | undefined;
}

/** A timeline in a form that survives a structured clone. */
export interface TimelineData {
  readonly sliceUs: number;
  /** Number of the slice that the tracks begin with, counted from the origin. */
  readonly first: number;
  readonly tracks: readonly TimelineTrack[];
  readonly sights: readonly Sight[];
}

/** When the first and the last response of a track ended, in microseconds since the origin; the last before the first where there was none. */
export interface Sight {
  firstUs: number;
  lastUs: number;
}

/**
 * Counts and time in flight per backend and slice of time, in memory that does not grow with the time covered: slices
 * are the shortest, 10 ms times a power of two, of which 256 cover everything booked.
 *
 * Moments are microseconds since an origin that everybody who fills a part of it shares: the start of a run, or 1970 for
 * a log, whose start is not known and whose lines come in no strict order. Slices are counted from there, so that they
 * are the same whatever the order, and however the parts are merged.
 */
export class Timeline {
  sliceUs = shortestSliceUs;
  /** A slice lies at its `placeOf`: those covered are neighbours, so no two of them meet. */
  readonly #rings: TimelineTrack[] = [];
  readonly #sights: Sight[] = [];
  /** Number of the first slice covered, and of the first behind them. */
  #first: number;
  #end: number;

  /**
   * @param startUs covered from the beginning; a run's 0, so that its first slice is there even when nothing ended in it.
   * `undefined` begins with what is booked first
   * @param resolutionUs smallest difference between two moments; slices are no shorter
   */
  constructor(startUs?: number, resolutionUs = 1) {
    while (this.sliceUs < resolutionUs) this.sliceUs *= 2;
    this.#first = startUs === undefined ? 0 : Math.floor(startUs / this.sliceUs);
    this.#end = startUs === undefined ? 0 : this.#first + 1;
  }

  addTrack(): void {
    this.#rings.push(newTrack(maxSlices));
    this.#sights.push({ firstUs: Number.MAX_SAFE_INTEGER, lastUs: Number.MIN_SAFE_INTEGER });
  }

  /** Moment at which the first slice begins; `undefined` while nothing is covered. */
  get startUs(): number | undefined {
    return this.length === 0 ? undefined : this.#first * this.sliceUs;
  }

  /** Slices covered. */
  get length(): number {
    return this.#end - this.#first;
  }

  /** The slices covered, in order of time, of each track. */
  get tracks(): readonly TimelineTrack[] {
    const { length } = this;
    return this.#rings.map((ring) => {
      const track = newTrack(length);
      addRows(
        track,
        ring,
        length,
        (index) => index,
        (index) => placeOf(this.#first + index),
      );
      return track;
    });
  }

  /** Of each track. */
  get sights(): readonly Readonly<Sight>[] {
    return this.#sights;
  }

  /** Books something of a stream at one moment. */
  recordAmount(track: number, row: StreamRow, atUs: number, amount: number): void {
    this.#cover(atUs);
    const at = placeOf(Math.floor(atUs / this.sliceUs));
    const amounts = rowOf(this.#rings[track] as TimelineTrack, row, maxSlices);
    amounts[at] = (amounts[at] as number) + amount;
  }

  /**
   * Books a whole amount of a stream that came over a stretch of time, as whole numbers in its slices, so that merging adds
   * them up exactly.
   *
   * @param part of it that had come by a moment, 0 to 1 over the stretch; evenly unless told
   */
  recordSpread(
    track: number,
    row: StreamRow,
    fromUs: number,
    toUs: number,
    amount: number,
    part = (passed: number) => passed,
  ): void {
    this.#cover(toUs);
    this.#cover(fromUs);
    const amounts = rowOf(this.#rings[track] as TimelineTrack, row, maxSlices);
    const last = Math.floor(toUs / this.sliceUs);
    let booked = 0;
    for (let slice = Math.floor(fromUs / this.sliceUs); slice <= last; slice++) {
      const passed = slice === last ? 1 : ((slice + 1) * this.sliceUs - fromUs) / (toUs - fromUs);
      const come = Math.round(amount * part(passed));
      const at = placeOf(slice);
      amounts[at] = (amounts[at] as number) + (come - booked);
      booked = come;
    }
  }

  /** Books a response to a request that was in flight from `startUs` to `endUs`. */
  record(track: number, startUs: number, endUs: number): void {
    const at = this.recordBusy(track, startUs, endUs);
    const { counts } = this.#rings[track] as TimelineTrack;
    counts[at] = (counts[at] as number) + 1;
    this.#see(track, endUs, endUs);
  }

  /** Counts responses that ended at `endUs`. */
  recordEnds(track: number, endUs: number, responses: number): void {
    this.#cover(endUs);
    const { counts } = this.#rings[track] as TimelineTrack;
    const at = placeOf(Math.floor(endUs / this.sliceUs));
    counts[at] = (counts[at] as number) + responses;
    this.#see(track, endUs, endUs);
  }

  #see(track: number, firstUs: number, lastUs: number): void {
    const sight = this.#sights[track] as Sight;
    if (firstUs < sight.firstUs) sight.firstUs = firstUs;
    if (lastUs > sight.lastUs) sight.lastUs = lastUs;
  }

  /** Books time in flight. @returns the place of the slice in which it ended */
  recordBusy(track: number, startUs: number, endUs: number): number {
    this.#cover(endUs);
    this.#cover(startUs);
    const { sliceUs } = this;
    const { busyUs } = this.#rings[track] as TimelineTrack;
    const last = Math.floor(endUs / sliceUs);
    let fromUs = startUs;
    for (let slice = Math.floor(startUs / sliceUs); slice < last; slice++) {
      const nextUs = (slice + 1) * sliceUs;
      const at = placeOf(slice);
      busyUs[at] = (busyUs[at] as number) + (nextUs - fromUs);
      fromUs = nextUs;
    }
    const at = placeOf(last);
    busyUs[at] = (busyUs[at] as number) + (endUs - fromUs);
    return at;
  }

  /** Adds another timeline of the same origin, whose track `i` is this one's track `trackOf[i]`. */
  add(other: Timeline, trackOf: readonly number[]): void {
    this.addData(other.toData(), trackOf);
  }

  /** As `add`, of what another timeline encoded. */
  addData({ sliceUs, first, tracks, sights }: TimelineData, trackOf: readonly number[]): void {
    sights.forEach(({ firstUs, lastUs }, index) => {
      this.#see(trackOf[index] as number, firstUs, lastUs);
    });
    const length = tracks[0]?.counts.length ?? 0;
    if (length === 0) return;
    while (this.sliceUs < sliceUs) this.#double();
    this.#cover((first + length - 1) * sliceUs);
    this.#cover(first * sliceUs);
    const ratio = this.sliceUs / sliceUs;
    tracks.forEach((from, index) => {
      const to = this.#rings[trackOf[index] as number] as TimelineTrack;
      addRows(to, from, length, (slice) => placeOf(Math.floor((first + slice) / ratio)));
    });
  }

  toData(): TimelineData {
    return {
      sliceUs: this.sliceUs,
      first: this.#first,
      tracks: this.tracks,
      sights: this.#sights.map((one) => ({ ...one })),
    };
  }

  /** Has slices for a moment; they may be longer afterwards. */
  #cover(us: number): void {
    const slice = Math.floor(us / this.sliceUs);
    if (slice < this.#end && slice >= this.#first) return;
    if (this.length === 0) {
      this.#first = slice;
      this.#end = slice + 1;
      return;
    }
    if (Math.max(this.#end, slice + 1) - Math.min(this.#first, slice) > maxSlices) {
      this.#double();
      this.#cover(us);
      return;
    }
    // What was not covered was never booked in, so the ring holds zeros there.
    this.#first = Math.min(this.#first, slice);
    this.#end = Math.max(this.#end, slice + 1);
  }

  /** Slices twice as long. Pairs begin with an even number, so that every timeline of an origin pairs alike. */
  #double(): void {
    const { tracks } = this;
    const first = this.#first;
    this.sliceUs *= 2;
    this.#first = Math.floor(first / 2);
    this.#end = Math.ceil(this.#end / 2);
    tracks.forEach((track, index) => {
      const ring = newTrack(maxSlices);
      addRows(ring, track, track.counts.length, (slice) => placeOf(Math.floor((first + slice) / 2)));
      this.#rings[index] = ring;
    });
  }
}

/** Place of a slice in a ring: its rest modulo `maxSlices`, a power of two, which also holds below the origin. */
function placeOf(slice: number): number {
  return slice & (maxSlices - 1);
}

function newTrack(slices: number): TimelineTrack {
  return { counts: new Float64Array(slices), busyUs: new Float64Array(slices) };
}

/** A row of a track, which has one from now on. */
function rowOf(track: TimelineTrack, row: StreamRow, slices: number): Float64Array {
  track[row] ??= new Float64Array(slices);
  return track[row];
}

/** Adds what a track has in so many slices to another: from place to place. */
function addRows(
  to: TimelineTrack,
  from: TimelineTrack,
  slices: number,
  toPlace: (slice: number) => number,
  fromPlace = (slice: number) => slice,
): void {
  const add = (sums: Float64Array, amounts: Float64Array) => {
    for (let slice = 0; slice < slices; slice++) {
      const at = toPlace(slice);
      sums[at] = (sums[at] as number) + (amounts[fromPlace(slice)] as number);
    }
  };
  add(to.counts, from.counts);
  add(to.busyUs, from.busyUs);
  for (const row of streamRows) {
    const amounts = from[row];
    if (amounts !== undefined) add(rowOf(to, row, to.counts.length), amounts);
  }
}
