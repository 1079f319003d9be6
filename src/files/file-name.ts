/** Short enough, with an ending, for file systems that encrypt names, which take 143 bytes; others take 255. */
const mostBytes = 100;

/**
 * A name of any length and alphabet as the beginning of a file's name: letters, digits, `.`, `_` and `-`, at most 100
 * bytes of UTF-8, never empty, never hidden.
 */
export function fileNameOf(name: string): string {
  // More cannot fit, and what is longer need not be looked at.
  const plain = name
    .slice(0, 4 * mostBytes)
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{M}\p{N}._-]+/gu, '-')
    // A mark has nothing to stand on at the beginning.
    .replace(/^[\p{M}.-]+/u, '');
  let cut = '';
  let bytes = 0;
  for (const character of plain) {
    bytes += Buffer.byteLength(character);
    if (bytes > mostBytes) break;
    cut += character;
  }
  return cut || 'run';
}
