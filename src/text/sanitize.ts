/**
 * Characters that do something to a reader's screen instead of showing on it: C0 and C1 controls (escape sequences
 * start with one), line and paragraph separators, the bidirectional controls of Unicode 16 (which can make text read
 * backwards, CVE-2021-42574), zero-width characters, tags, and lone surrogates.
 */
const unprintable =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Cs}/gu;

/**
 * Text from outside (names, addresses, header values) made safe to show on one line: each unprintable character becomes
 * `�`, and what is longer than `maxCharacters` (code points) is cut and ends in `…`.
 */
export function sanitize(text: string, maxCharacters = 200): string {
  // Nearly all, and without the tables of Unicode, which take a while to load.
  if (text.length <= maxCharacters && /^[ -~]*$/.test(text)) return text;
  // A code point is at most two units, so this bounds the work without cutting a character that would be shown.
  const characters = [...text.slice(0, 2 * maxCharacters + 2).replace(unprintable, '\ufffd')];
  if (characters.length <= maxCharacters) return characters.join('');
  return `${characters.slice(0, maxCharacters - 1).join('')}…`;
}
