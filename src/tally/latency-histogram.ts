import type { LatencySummary } from '../model/latency.js';
import { ExactSum, type SumParts } from './exact-sum.js';
import { hdrLibrary } from './hdr-library.js';

type Hdr = ReturnType<ReturnType<typeof hdrLibrary>['build']>;

const settings = {
  bitBucketSize: 32,
  autoResize: true,
  numberOfSignificantValueDigits: 3,
  useWebAssembly: true,
} as const;

/** Compiles the histograms' WebAssembly once per thread. Await it before the first `new LatencyHistogram()`. */
export async function prepareHistograms(): Promise<void> {
  await hdrLibrary().initWebAssembly();
}

/** A histogram in a form that survives a structured clone to another thread. */
export interface LatencyHistogramData {
  readonly count: number;
  readonly sumUs: number;
  readonly sumOfSquaresUs: SumParts;
  readonly minUs: number;
  readonly maxUs: number;
  /** HdrHistogram V2, compressed, base64; empty when nothing was recorded. */
  readonly encoded: string;
}

/**
 * Durations in whole microseconds: an HDR histogram with 3 significant digits for the percentiles, and exact
 * count, sum, sum of squares, minimum and maximum beside it. Its size depends on the largest value, not on the
 * number of values: about 11 KB for microseconds, 85 KB up to an hour.
 *
 * The histogram lives in WebAssembly memory, so `release` it when it is done with.
 */
export class LatencyHistogram {
  count = 0;
  sumUs = 0;
  minUs = Number.POSITIVE_INFINITY;
  maxUs = 0;
  readonly #squares = new ExactSum();
  // Built with the first value: most cells of a table of backends by phase stay empty.
  #hdr: Hdr | undefined;

  /** @param times how often the same value */
  record(us: number, times = 1): void {
    this.count += times;
    this.sumUs += us * times;
    this.#squares.add(us * us, times);
    if (us < this.minUs) this.minUs = us;
    if (us > this.maxUs) this.maxUs = us;
    if (this.#hdr === undefined) this.#hdr = hdrLibrary().build(settings);
    if (times === 1) this.#hdr.recordValue(us);
    else this.#hdr.recordValueWithCount(us, times);
  }

  /**
   * Adds values of which others kept exact figures and counted how many lie in each bucket of this histogram, from the one of
   * 0 on: buckets of 1 up to 2047, and from there on 1,024 of them up to each power of two.
   */
  addCounts(
    { sumUs, sumOfSquaresUs, minUs, maxUs }: Omit<LatencyHistogramData, 'encoded' | 'count'>,
    counts: Uint32Array,
  ): void {
    this.#hdr ??= hdrLibrary().build(settings);
    let count = 0;
    const last = bucketOf(maxUs);
    for (let bucket = bucketOf(minUs); bucket <= last; bucket++) {
      const times = counts[bucket] as number;
      if (times === 0) continue;
      count += times;
      this.#hdr.recordValueWithCount(lowestOf(bucket), times);
    }
    this.#addFigures({ count, sumUs, minUs, maxUs }, sumOfSquaresUs);
  }

  /** Exact, and the same in whatever order and parts: also the text of the histogram depends on the values alone. */
  add(other: LatencyHistogram): void {
    this.#addFigures(other, other.#squares.parts);
    if (other.#hdr === undefined) return;
    this.#makeRoomFor(other.#hdr);
    this.#hdr?.add(other.#hdr);
  }

  /** Takes over what another histogram encoded; call it on an empty one. */
  read(data: LatencyHistogramData): void {
    this.#addFigures(data, data.sumOfSquaresUs);
    if (data.encoded === '') return;
    this.#hdr = hdrLibrary().decodeFromCompressedBase64(data.encoded, 32, true);
    this.#hdr.autoResize = true;
  }

  toData(): LatencyHistogramData {
    return {
      count: this.count,
      sumUs: this.sumUs,
      sumOfSquaresUs: this.#squares.parts,
      minUs: this.minUs,
      maxUs: this.maxUs,
      encoded: this.#hdr === undefined ? '' : hdrLibrary().encodeIntoCompressedBase64(this.#hdr),
    };
  }

  /** Microseconds that `percentile` (0 to 100) of the values are at most; `undefined` without values. */
  percentileUs(percentile: number): number | undefined {
    if (this.#hdr === undefined) return undefined;
    if (percentile <= 0) return this.minUs;
    // A bucket answers with its highest value, which may lie above the largest value seen.
    return Math.min(Math.max(this.#hdr.getValueAtPercentile(percentile), this.minUs), this.maxUs);
  }

  /** Sum of the squares of the values. */
  get sumOfSquaresUs(): number {
    return this.#squares.value;
  }

  meanUs(): number | undefined {
    return this.count === 0 ? undefined : this.sumUs / this.count;
  }

  /** Sample standard deviation (n - 1); `undefined` below two values. */
  stddevUs(): number | undefined {
    if (this.count < 2) return undefined;
    const variance = (this.#squares.value - (this.sumUs * this.sumUs) / this.count) / (this.count - 1);
    // Cancellation can leave a tiny negative number where all values are equal.
    return Math.sqrt(Math.max(0, variance));
  }

  summary(): LatencySummary {
    const percentile = (p: number) => milliseconds(this.percentileUs(p));
    const empty = this.count === 0;
    return {
      count: this.count,
      min: empty ? undefined : milliseconds(this.minUs),
      mean: milliseconds(this.meanUs()),
      stddev: milliseconds(this.stddevUs()),
      max: empty ? undefined : milliseconds(this.maxUs),
      p50: percentile(50),
      p66: percentile(66),
      p75: percentile(75),
      p80: percentile(80),
      p90: percentile(90),
      p95: percentile(95),
      p98: percentile(98),
      p99: percentile(99),
      p999: percentile(99.9),
      histogram: this.#hdr === undefined ? undefined : hdrLibrary().encodeIntoCompressedBase64(this.#hdr),
    };
  }

  /** Gives the WebAssembly memory back; the histogram is empty afterwards. */
  release(): void {
    this.#hdr?.destroy();
    this.#hdr = undefined;
    this.count = 0;
    this.sumUs = 0;
    this.#squares.clear();
    this.minUs = Number.POSITIVE_INFINITY;
    this.maxUs = 0;
  }

  /**
   * The library sizes a histogram by the largest value of what is added, whose text would then tell the order of the
   * parts; sized as the part is, it is what recording all the values makes it.
   */
  #makeRoomFor(part: Hdr): void {
    const { highestTrackableValue } = part;
    const before = this.#hdr;
    if (before !== undefined && before.highestTrackableValue >= highestTrackableValue) return;
    this.#hdr = hdrLibrary().build({ ...settings, highestTrackableValue });
    if (before === undefined) return;
    this.#hdr.add(before);
    before.destroy();
  }

  #addFigures(
    other: { count: number; sumUs: number; minUs: number; maxUs: number },
    sumOfSquaresUs: SumParts,
  ): void {
    this.count += other.count;
    this.sumUs += other.sumUs;
    this.#squares.addParts(sumOfSquaresUs);
    if (other.minUs < this.minUs) this.minUs = other.minUs;
    if (other.maxUs > this.maxUs) this.maxUs = other.maxUs;
  }
}

const bucketsOfPower = 1024;

function bucketOf(us: number): number {
  const shift = us < 2 * bucketsOfPower ? 0 : 21 - Math.clz32(us);
  return shift * bucketsOfPower + Math.floor(us / 2 ** shift);
}

/** The lowest value of a bucket. */
function lowestOf(bucket: number): number {
  const shift = Math.max(0, Math.floor(bucket / bucketsOfPower) - 1);
  return (bucket - shift * bucketsOfPower) * 2 ** shift;
}

/** Microseconds, as a tally keeps them, in the unit of reports. */
export function milliseconds(us: number | undefined): number | undefined {
  return us === undefined ? undefined : us / 1000;
}
