import type { EscapeMode } from '../../src/nginx/log-format.js';

/** A variable's value as nginx's log module writes it; written from nginx's source, apart from what reads it. */
export function nginxEscape(value: Uint8Array, mode: EscapeMode): Buffer {
  if (mode === 'none') return Buffer.from(value);
  const hex = (byte: number) => byte.toString(16).toUpperCase().padStart(2, '0');
  const letters: Readonly<Record<string, string>> = {
    '\n': '\\n',
    '\r': '\\r',
    '\t': '\\t',
    '\b': '\\b',
    '\f': '\\f',
  };
  const pieces = [...value].map((byte) => {
    const character = String.fromCharCode(byte);
    if (mode === 'default')
      return byte < 0x20 || byte >= 0x7f || character === '"' || character === '\\'
        ? `\\x${hex(byte)}`
        : character;
    if (character === '"' || character === '\\') return `\\${character}`;
    return byte < 0x20 ? (letters[character] ?? `\\u00${hex(byte)}`) : character;
  });
  return Buffer.from(pieces.join(''), 'latin1');
}
