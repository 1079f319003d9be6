const slots = 256;
/** Longest value that is kept, in words of four bytes. */
const maxWords = 16;
/** Numbers a slot takes: length, last word, and the words before it. */
const stride = maxWords + 2;

/**
 * Remembers what a few recent values mean, keyed by their bytes, which it compares four at a time and without
 * following pointers. A value that shares its slot takes the place of the one before.
 */
export class RecentValues<T> {
  readonly #words = new Int32Array(slots * stride);
  readonly #values: (T | undefined)[] = new Array(slots).fill(undefined);

  get(view: DataView, start: number, end: number): T | undefined {
    const length = end - start;
    if (length < 4 || length > 4 * maxWords) return undefined;
    const last = view.getInt32(end - 4);
    const slot = slotOf(last, length);
    const words = this.#words;
    let at = slot * stride;
    if (words[at] !== length || words[at + 1] !== last) return undefined;
    at += 2;
    for (let i = start; i < end - 4; i += 4) if (words[at++] !== view.getInt32(i)) return undefined;
    return this.#values[slot];
  }

  /** Values of less than 4 and more than 64 bytes are not kept. */
  set(view: DataView, start: number, end: number, value: T): void {
    const length = end - start;
    if (length < 4 || length > 4 * maxWords) return;
    const last = view.getInt32(end - 4);
    const slot = slotOf(last, length);
    let at = slot * stride;
    this.#words[at++] = length;
    this.#words[at++] = last;
    for (let i = start; i < end - 4; i += 4) this.#words[at++] = view.getInt32(i);
    this.#values[slot] = value;
  }
}

function slotOf(last: number, length: number): number {
  return ((Math.imul(last, 0x9e3779b1) >>> 24) ^ length) & (slots - 1);
}
