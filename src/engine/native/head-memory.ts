import type { HeadFacts, ResponseHead } from './response-head.js';

/** Heads remembered: one or two for each backend of a small pool, as their `Date` changes only once a second. */
const slots = 8;
/** Longer heads are not worth a copy. */
const maxBytes = 1024;
/** After so many new heads in a row they are all different, and looking is a waste. */
const hopelessMisses = 256;

interface Remembered {
  readonly view: DataView;
  readonly length: number;
  readonly facts: HeadFacts;
}

/**
 * Remembers the last few heads by their bytes. What a head says depends on its bytes alone, and a server that is fast
 * enough for a parser to matter sends the same few over and over; knowing one again takes a third of the time that parsing it takes. All
 * connections of a thread share one memory.
 */
export class HeadMemory {
  readonly #heads: Remembered[] = [];
  /** Where to look first: behind the head found last, because backends take turns. */
  #next = 0;
  #oldest = 0;
  #misses = 0;

  /** Length of the head at `start` of a buffer that is known, with its facts put into `head`; 0 for an unknown one. */
  recall(view: DataView, buffer: Uint8Array, start: number, end: number, head: ResponseHead): number {
    const heads = this.#heads;
    if (this.#misses >= hopelessMisses) return 0;
    for (let i = 0; i < heads.length; i++) {
      const slot = (this.#next + i) % heads.length;
      const known = heads[slot] as Remembered;
      if (!isAt(view, start, end, known)) continue;
      this.#next = slot + 1;
      this.#misses = 0;
      head.recall(known.facts, buffer, start);
      return known.length;
    }
    return 0;
  }

  /** Remembers the head that lies whole in `buffer[start, end)`. */
  learn(buffer: Uint8Array, start: number, end: number, head: ResponseHead): void {
    if (this.#misses >= hopelessMisses || end - start > maxBytes) return;
    this.#misses++;
    const bytes = Uint8Array.prototype.slice.call(buffer, start, end);
    const facts = head.factsFrom(start);
    this.#heads[this.#oldest] = { view: new DataView(bytes.buffer), length: bytes.length, facts };
    this.#oldest = (this.#oldest + 1) % slots;
  }
}

/** From the back, where what differs stands as a rule: nginx's `add_header` comes last. */
function isAt(view: DataView, start: number, end: number, { view: known, length }: Remembered): boolean {
  if (end - start < length) return false;
  let i = length - 4;
  for (; i > 0; i -= 4) if (view.getInt32(start + i) !== known.getInt32(i)) return false;
  return view.getInt32(start) === known.getInt32(0);
}
