const backslash = 0x5c;

/** Where the text of a JSON string stands, between its quotes and with its escapes. */
export interface TextBounds {
  readonly start: number;
  readonly end: number;
}

const letters: Readonly<Record<number, number>> = {
  34: 0x22,
  47: 0x2f,
  92: 0x5c,
  98: 0x08,
  102: 0x0c,
  110: 0x0a,
  114: 0x0d,
  116: 0x09,
};

/**
 * Writes what the text of a JSON string means to `target`, which has room for as many bytes and may be the same ones, from
 * `offset` on, as UTF-8. @returns where it ends; -1 for what JSON cannot have there
 */
export function decodeText(
  bytes: Uint8Array,
  { start, end }: TextBounds,
  target: Uint8Array,
  offset: number,
): number {
  let length = offset;
  for (let i = start; i < end; ) {
    const byte = bytes[i] as number;
    if (byte !== backslash) {
      target[length++] = byte;
      i++;
      continue;
    }
    const letter = bytes[i + 1] as number;
    if (letter !== 0x75) {
      const meant = letters[letter];
      if (meant === undefined) return -1;
      target[length++] = meant;
      i += 2;
      continue;
    }
    let code = hexAt(bytes, i + 2, end);
    i += 6;
    if (code >= 0xd800 && code < 0xdc00 && bytes[i] === backslash && bytes[i + 1] === 0x75) {
      const low = hexAt(bytes, i + 2, end);
      if (low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        i += 6;
      }
    }
    if (code < 0) return -1;
    length = putUtf8(code, target, length);
  }
  return length;
}

/** Four hexadecimal digits; -1 for what are none. */
function hexAt(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 > end) return -1;
  let value = 0;
  for (let i = at; i < at + 4; i++) {
    const byte = bytes[i] as number;
    const lower = byte | 0x20;
    const digit =
      byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/** Half of a pair becomes the mark of what is no character. */
function putUtf8(point: number, target: Uint8Array, at: number): number {
  const code = point >= 0xd800 && point < 0xe000 ? 0xfffd : point;
  let end = at;
  if (code < 0x80) {
    target[end++] = code;
  } else if (code < 0x800) {
    target[end++] = 0xc0 | (code >> 6);
    target[end++] = 0x80 | (code & 0x3f);
  } else {
    if (code < 0x10000) {
      target[end++] = 0xe0 | (code >> 12);
    } else {
      target[end++] = 0xf0 | (code >> 18);
      target[end++] = 0x80 | ((code >> 12) & 0x3f);
    }
    target[end++] = 0x80 | ((code >> 6) & 0x3f);
    target[end++] = 0x80 | (code & 0x3f);
  }
  return end;
}

/** The text of a JSON string; `undefined` for what JSON cannot have in one. */
export function decodedText(logged: Uint8Array): Uint8Array | undefined {
  if (!logged.includes(backslash)) return logged;
  const text = new Uint8Array(logged.length);
  const length = decodeText(logged, { start: 0, end: logged.length }, text, 0);
  return length < 0 ? undefined : text.subarray(0, length);
}

/** The same, and what JSON cannot have as it stands: a line is read however it was written. */
export function textOfMember(logged: Uint8Array): Uint8Array {
  return decodedText(logged) ?? logged;
}
