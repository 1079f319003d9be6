import type { EscapeMode } from '../../../nginx/log-format.js';

const backslash = 0x5c;

/** One byte for each letter that may follow a backslash under `escape=json`. */
const jsonLetters: Readonly<Record<number, number>> = {
  34: 0x22,
  92: 0x5c,
  98: 0x08,
  102: 0x0c,
  110: 0x0a,
  114: 0x0d,
  116: 0x09,
};

/**
 * The bytes that a variable had before nginx escaped them for the log (`ngx_http_log_escape` for `default`,
 * `ngx_escape_json` for `json`). A backslash that nginx cannot have written stays as it is. Whether the variable was
 * missing (`-` or empty) cannot be told from the bytes.
 */
export function unescapeValue(logged: Uint8Array, mode: EscapeMode): Uint8Array {
  if (mode === 'none' || !logged.includes(backslash)) return logged;
  const bytes = new Uint8Array(logged.length);
  let length = 0;
  for (let at = 0; at < logged.length; ) {
    const byte = logged[at] as number;
    const escaped = byte === backslash ? escapeAt(logged, at, mode) : undefined;
    bytes[length++] = escaped?.byte ?? byte;
    at += escaped?.length ?? 1;
  }
  return bytes.subarray(0, length);
}

function escapeAt(
  bytes: Uint8Array,
  at: number,
  mode: EscapeMode,
): { readonly byte: number; readonly length: number } | undefined {
  const letter = bytes[at + 1];
  if (mode === 'default') {
    const byte = letter === 0x78 ? hexAt(bytes, at + 2, 2) : undefined;
    return byte === undefined ? undefined : { byte, length: 4 };
  }
  const byte = letter === undefined ? undefined : jsonLetters[letter];
  if (byte !== undefined) return { byte, length: 2 };
  const code = letter === 0x75 ? hexAt(bytes, at + 2, 4) : undefined;
  // nginx writes \u only for control codes.
  return code === undefined || code > 0x1f ? undefined : { byte: code, length: 6 };
}

function hexAt(bytes: Uint8Array, at: number, digits: number): number | undefined {
  let value = 0;
  for (let i = at; i < at + digits; i++) {
    const byte = bytes[i] ?? 0;
    const digit =
      byte >= 0x30 && byte <= 0x39
        ? byte - 0x30
        : byte >= 0x41 && byte <= 0x46
          ? byte - 0x37
          : byte >= 0x61 && byte <= 0x66
            ? byte - 0x57
            : -1;
    if (digit < 0) return undefined;
    value = value * 16 + digit;
  }
  return value;
}
