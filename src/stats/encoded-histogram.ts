import { inflateSync } from 'node:zlib';

/** 0x1c849303 and 0x1c849304 of HdrHistogram V2; the last hexadecimal digit but one is the size of a word. */
const cookies = { plain: 0x1c849303, compressed: 0x1c849304, wordSize: 0xf0 };
const headBytes = 40;
/** At three digits a histogram of all values up to 2^53 has 45,000 counts of at most 9 bytes. */
const mostBytes = 1024 * 1024;
const mostCharacters = Math.ceil((mostBytes * 4) / 3);

/** Reads a percentile, 0 to 100, in the unit that was recorded. */
export type PercentileReader = (percentile: number) => number;

/**
 * Reads a histogram (HdrHistogram V2, compressed, base64: https://github.com/HdrHistogram/HdrHistogram). A percentile is the
 * highest value that the histogram does not tell apart from the one at that rank; percentile 0 is the lowest.
 *
 * For text from outside, where hdr-histogram-js will not do: a negative length or a run of 2^60 zeros keeps that busy for
 * ever, and it inflates whatever there is. Time and memory here are bounded by the length of the text and 1 MiB.
 *
 * @returns `undefined` for what is no such histogram, is damaged, or holds no values
 */
export function readHistogram(encoded: string): PercentileReader | undefined {
  return read(encoded)?.percentile;
}

/** How many values such a text holds; `undefined` as for `readHistogram`. */
export function histogramCount(encoded: string): number | undefined {
  return read(encoded)?.count;
}

/** So many values from `low` to below `high`, in the unit that was recorded. */
export interface HistogramSlot {
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** Where the values of such a text lie, from the lowest; `undefined` as for `readHistogram`. */
export function histogramSlots(encoded: string): readonly HistogramSlot[] | undefined {
  return read(encoded)?.slots();
}

function read(encoded: string): Histogram | undefined {
  try {
    return readerOf(inflated(encoded));
  } catch {
    // Not deflated, too large, or cut off in the middle of a number.
    return undefined;
  }
}

function inflated(encoded: string): Buffer {
  if (encoded.length > mostCharacters) throw new RangeError('too long');
  const bytes = Buffer.from(encoded, 'base64');
  const length = bytes.readInt32BE(4);
  expectThat(isCookie(bytes.readInt32BE(0), cookies.compressed) && length >= 0 && length <= bytes.length - 8);
  return inflateSync(bytes.subarray(8, 8 + length), { maxOutputLength: mostBytes });
}

interface Histogram {
  readonly count: number;
  readonly percentile: PercentileReader;
  readonly slots: () => HistogramSlot[];
}

function readerOf(bytes: Buffer): Histogram | undefined {
  const digits = bytes.readInt32BE(12);
  const lowest = Number(bytes.readBigInt64BE(16));
  const highest = Number(bytes.readBigInt64BE(24));
  expectThat(isCookie(bytes.readInt32BE(0), cookies.plain));
  expectThat(bytes.readInt32BE(4) === bytes.length - headBytes);
  expectThat(digits >= 0 && digits <= 5 && lowest >= 1 && highest >= 2 * lowest);
  const scale = scaleOf(digits, lowest);
  const { indexes, totals } = countsOf(bytes.subarray(headBytes), scale.slotsUpTo(highest));
  const total = totals.at(-1);
  if (total === undefined) return undefined;
  const percentile = (percentile: number) => {
    const exact = (Math.min(percentile, 100) / 100) * total;
    // Products such as 0.07 * 100 come out a little above the whole number.
    const rank = Math.max(1, Math.ceil(exact - exact * Number.EPSILON));
    const index = indexes[firstAtLeast(totals, rank)] ?? 0;
    return percentile <= 0 ? scale.valueAt(index) : scale.valueAt(index + 1) - 1;
  };
  const slots = () =>
    indexes.map((index, at) => ({
      low: scale.valueAt(index),
      high: scale.valueAt(index + 1),
      count: (totals[at] ?? 0) - (totals[at - 1] ?? 0),
    }));
  return { count: total, percentile, slots };
}

/**
 * How values lie in slots: the first 2^n, the power of two above 2 * 10^digits, one unit wide each, and then by halves of
 * that many, each half twice as wide as the one before.
 */
function scaleOf(digits: number, lowest: number) {
  const unit = 2 ** Math.floor(Math.log2(lowest));
  const half = Math.max(1, 2 ** (Math.ceil(Math.log2(2 * 10 ** digits)) - 1));
  return {
    valueAt(index: number): number {
      const doublings = Math.max(0, Math.floor(index / half) - 1);
      return (index - doublings * half) * unit * 2 ** doublings;
    },
    slotsUpTo(value: number): number {
      return (Math.max(0, Math.ceil(Math.log2((value + 1) / (2 * half * unit)))) + 2) * half;
    },
  };
}

/** The slots that hold values, with how many values lie in them and below. */
function countsOf(payload: Buffer, slots: number) {
  const indexes: number[] = [];
  const totals: number[] = [];
  let total = 0;
  let index = 0;
  for (let at = 0; at < payload.length; ) {
    const { value, next } = numberAt(payload, at);
    at = next;
    // A number below 0 stands for so many empty slots.
    index += value < 0 ? -value : 1;
    expectThat(index <= slots);
    if (value <= 0) continue;
    total += value;
    indexes.push(index - 1);
    totals.push(total);
  }
  expectThat(total <= Number.MAX_SAFE_INTEGER);
  return { indexes, totals };
}

/** A ZigZag LEB128-64b9B number: seven bits a byte, lowest first, while the eighth is set; all eight of a ninth byte. */
function numberAt(payload: Buffer, start: number): { readonly value: number; readonly next: number } {
  let raw = 0;
  for (let byte = 0; ; byte++) {
    const bits = payload.readUInt8(start + byte);
    const isLast = byte === 8 || bits < 0x80;
    raw += (isLast ? bits : bits - 0x80) * 2 ** (7 * byte);
    if (isLast) return { value: raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2, next: start + byte + 1 };
  }
}

function firstAtLeast(ascending: readonly number[], wanted: number): number {
  let [low, high] = [0, ascending.length - 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((ascending[middle] ?? 0) >= wanted) high = middle;
    else low = middle + 1;
  }
  return low;
}

function isCookie(word: number, cookie: number): boolean {
  return (word & ~cookies.wordSize) === cookie;
}

function expectThat(isSo: boolean): void {
  if (!isSo) throw new RangeError('damaged');
}
