import * as at from '../src/accesslog/scanner/layout';

/** Odd numbers whose bits look random. */
const spread: u64 = 0x1e3779b97f4a7d;
const mix: u64 = 0x1d8476d1ce4e5b;

/** The entry for what a line says of its attempts; 0 when it was not seen before. */
export function entryOf(ledger: usize, starts: usize, ends: usize): usize {
  const entries = <usize>load<u32>(ledger, at.ledgerEntries);
  const variable = load<i32>(ledger, at.ledgerBackend);
  if (variable < 0) return entries;
  const from = <usize>load<u32>(starts + ((<usize>variable) << 2));
  const length = <usize>load<u32>(ends + ((<usize>variable) << 2)) - from;
  const slots = <usize>load<u32>(ledger, at.ledgerSlots);
  let slot = slotOf(from, length);
  for (let probes = 0; probes < at.maxProbes; probes++) {
    const number = <usize>load<u32>(slots + (slot << 2));
    if (number === 0) return 0;
    const entry = entries + (number - 1) * at.entrySize;
    if (<usize>load<u32>(entry, at.entryLength) === length && isSame(entry + at.entryKey, from, length))
      return entry;
    slot = (slot + 1) & (at.slotCount - 1);
  }
  return 0;
}

/** Has an entry found by the bytes it holds; false when there is no room for it. */
export function addEntry(ledger: usize, number: u32): bool {
  const entry = <usize>load<u32>(ledger, at.ledgerEntries) + <usize>number * at.entrySize;
  const slots = <usize>load<u32>(ledger, at.ledgerSlots);
  let slot = slotOf(entry + at.entryKey, <usize>load<u32>(entry, at.entryLength));
  for (let probes = 0; probes < at.maxProbes; probes++) {
    if (load<u32>(slots + (slot << 2)) === 0) {
      store<u32>(slots + (slot << 2), number + 1);
      return true;
    }
    slot = (slot + 1) & (at.slotCount - 1);
  }
  return false;
}

/** By the first and the last eight bytes. */
function slotOf(from: usize, length: usize): usize {
  let hash: u64 = length;
  if (length >= 8) hash += load<u64>(from) * spread + load<u64>(from + length - 8);
  else hash += load<u64>(from) & firstBytes(length);
  hash *= mix;
  hash ^= hash >> 32;
  return <usize>((hash * spread) >> 52) & (at.slotCount - 1);
}

function isSame(key: usize, from: usize, length: usize): bool {
  let i: usize = 0;
  for (; i + 8 <= length; i += 8) if (load<u64>(key + i) !== load<u64>(from + i)) return false;
  return ((load<u64>(key + i) ^ load<u64>(from + i)) & firstBytes(length - i)) === 0;
}

/** The bits of so many bytes, of at most 7. */
function firstBytes(length: usize): u64 {
  return ((<u64>1) << ((<u64>length) << 3)) - 1;
}
