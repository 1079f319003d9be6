/** Distinct keys told apart; some 40 MB when full. What comes after is counted as not looked at. */
const defaultMaxKeys = 2 ** 21;

/**
 * Which backend each distinct key was seen on, in bounded memory. A key is kept as a 64-bit fingerprint, so that of two
 * million keys two are taken for one about once in ten million times (birthday bound). Backends are small indexes from 0.
 */
export class KeyPlacements {
  /** Distinct keys seen. */
  distinct = 0;
  /** Distinct keys seen on more than one backend. */
  moved = 0;
  /** Requests whose key was new when there was no room for further keys: they are in no other figure. */
  overlooked = 0;

  /** Distinct keys first seen on each backend. */
  readonly perBackend: number[] = [];

  #slots = 1024;
  /** Two halves of a fingerprint a slot. */
  #fingerprints = new Uint32Array(2 * this.#slots);
  /** 0 for a free slot, else backend + 1, with the top bit set once the key was seen elsewhere. */
  #backends = new Uint16Array(this.#slots);

  constructor(readonly maxKeys = defaultMaxKeys) {}

  /** @param key one character a byte @param backend below 32,767 */
  record(key: string, backend: number): void {
    let high = 0x811c9dc5;
    let low = 0x9e3779b9;
    for (let at = 0; at < key.length; at += 1) {
      const byte = key.charCodeAt(at);
      // FNV-1a and, for the other half, the same with another start and multiplier.
      high = Math.imul(high ^ byte, 0x01000193);
      low = Math.imul(low ^ byte, 0x85ebca6b) ^ (low >>> 15);
    }
    this.#record(mixed(high), mixed(low ^ key.length), backend);
  }

  /** Distinct keys first seen on a backend. */
  keysOf(backend: number): number {
    return this.perBackend[backend] ?? 0;
  }

  #record(high: number, low: number, backend: number): void {
    let slot = this.#slotOf(high, low);
    const held = this.#backends[slot] as number;
    if (held !== 0) {
      if (held >= movedBit || held === backend + 1) return;
      this.#backends[slot] = held | movedBit;
      this.moved += 1;
      return;
    }
    if (this.distinct >= this.maxKeys) {
      this.overlooked += 1;
      return;
    }
    if (3 * this.distinct >= 2 * this.#slots) {
      this.#grow();
      slot = this.#slotOf(high, low);
    }
    this.#fingerprints[2 * slot] = high;
    this.#fingerprints[2 * slot + 1] = low;
    this.#backends[slot] = backend + 1;
    this.distinct += 1;
    this.perBackend[backend] = this.keysOf(backend) + 1;
  }

  /** The slot that holds a fingerprint, or the free one where it belongs. */
  #slotOf(high: number, low: number): number {
    const mask = this.#slots - 1;
    let slot = low & mask;
    while (
      this.#backends[slot] !== 0 &&
      (this.#fingerprints[2 * slot] !== high || this.#fingerprints[2 * slot + 1] !== low)
    ) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const fingerprints = this.#fingerprints;
    const backends = this.#backends;
    const slots = this.#slots;
    this.#slots = 2 * slots;
    this.#fingerprints = new Uint32Array(4 * slots);
    this.#backends = new Uint16Array(2 * slots);
    for (let old = 0; old < slots; old += 1) {
      if (backends[old] === 0) continue;
      const high = fingerprints[2 * old] as number;
      const low = fingerprints[2 * old + 1] as number;
      const slot = this.#slotOf(high, low);
      this.#fingerprints[2 * slot] = high;
      this.#fingerprints[2 * slot + 1] = low;
      this.#backends[slot] = backends[old] as number;
    }
  }
}

const movedBit = 0x8000;

/** Spreads a hash over all 32 bits (the finalizer of MurmurHash3). */
function mixed(hash: number): number {
  let value = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
