import type { TextBounds } from '../json-text.js';

const lineFeed = 0x0a;
const quote = 0x22;
const colon = 0x3a;
const backslash = 0x5c;

/** Members in which shippers keep the line as it was: of the record itself, and of an object in it. */
const members: readonly ReadonlySet<string>[] = [
  new Set([
    'log',
    'message',
    'MESSAGE',
    'msg',
    'line',
    'textPayload',
    '@message',
    'full_message',
    'short_message',
    'raw',
    '_raw',
  ]),
  new Set(['message', 'original', 'log', '_raw']),
];
const longestName = 'short_message'.length;

/**
 * Finds the line in the JSON object that Docker (`{"log":"…\n"}`), Elastic's and Fluent Bit's shippers (`"message":"…"`) or
 * journald (`"MESSAGE":"…"`) made of it: `[at, end)` is the object. `undefined` when there is none.
 */
export function lineInObject(bytes: Uint8Array, at: number, end: number): TextBounds | undefined {
  let depth = 0;
  let key = '';
  let found: TextBounds | undefined;
  for (let i = at; i < end; i++) {
    const byte = bytes[i] as number;
    // Braces and brackets of either kind are 32 apart.
    if ((byte & 0xdf) === 0x5b) depth++;
    else if ((byte & 0xdf) === 0x5d) depth--;
    if (byte !== quote) continue;
    const start = i + 1;
    for (i = start; i < end && bytes[i] !== quote; i++) if (bytes[i] === backslash) i++;
    if (i >= end) return undefined;
    let next = i + 1;
    while (bytes[next] === 0x20) next++;
    if (bytes[next] === colon) {
      key = i - start <= longestName ? nameAt(bytes, start, i) : '';
      continue;
    }
    if (members[depth - 1]?.has(key) === true) {
      if (depth === 1) return { start, end: i };
      found ??= { start, end: i };
    }
    key = '';
  }
  return depth === 0 ? found : undefined;
}

function nameAt(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}

/** The text of a line without the line breaks at its end; -1 where there are others, so that it is more than a line. */
export function lineEnd(text: Uint8Array, start: number, end: number): number {
  let last = end;
  while (last > start && text[last - 1] === lineFeed) last--;
  const found = text.indexOf(lineFeed, start);
  return found >= 0 && found < last ? -1 : last;
}
