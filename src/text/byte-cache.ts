/** Distinct values remembered; whoever sends more has each further one read anew. */
const maxEntries = 4096;
/** Longer values are not worth remembering: an address takes about 20 bytes. */
const maxValueBytes = 512;
const slots = 16384;
/** Slots looked at before a value counts as unknown: values made to collide must not cost a search each. */
const maxProbes = 64;

interface Entry<T> {
  readonly bytes: Uint8Array;
  readonly value: T;
}

/**
 * Remembers what header values and logged values mean, keyed by their bytes, so that a value seen before costs one hash
 * and one comparison and no string. Open addressing, at most a quarter full.
 */
export class ByteCache<T> {
  readonly #entries: (Entry<T> | undefined)[] = new Array(slots);
  #size = 0;

  get(buffer: Uint8Array, start: number, end: number): T | undefined {
    let slot = hash(buffer, start, end);
    for (let probes = 0; probes < maxProbes; probes++) {
      const entry = this.#entries[slot];
      if (entry === undefined) return undefined;
      if (sameBytes(entry.bytes, buffer, start, end)) return entry.value;
      slot = (slot + 1) & (slots - 1);
    }
    return undefined;
  }

  /** Remembers a value that `get` did not know, while there is room. */
  set(buffer: Uint8Array, start: number, end: number, value: T): void {
    if (this.#size >= maxEntries || end - start > maxValueBytes) return;
    let slot = hash(buffer, start, end);
    for (let probes = 0; probes < maxProbes; probes++) {
      if (this.#entries[slot] === undefined) {
        this.#entries[slot] = { bytes: Uint8Array.prototype.slice.call(buffer, start, end), value };
        this.#size++;
        return;
      }
      slot = (slot + 1) & (slots - 1);
    }
  }
}

/**
 * FNV-1a, 32 bits, folded to a slot, over the length, the last bytes, where addresses differ, and every fourth byte of
 * the rest.
 */
function hash(buffer: Uint8Array, start: number, end: number): number {
  let h = 0x811c9dc5 ^ (end - start);
  let i = end - 1;
  for (const tail = end - 7; i >= start && i > tail; i--)
    h = Math.imul(h ^ (buffer[i] as number), 0x01000193);
  for (; i >= start; i -= 4) h = Math.imul(h ^ (buffer[i] as number), 0x01000193);
  return (h ^ (h >>> 15)) & (slots - 1);
}

function sameBytes(known: Uint8Array, buffer: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let i = 0; i < known.length; i++) if (known[i] !== buffer[start + i]) return false;
  return true;
}
