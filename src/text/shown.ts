/** Control, format, surrogate and private characters, and the two Unicode line separators. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/u;
const everyUnprintable = /[\p{C}\p{Zl}\p{Zp}]/gu;
/** Most texts; the tables of Unicode take a while to load. */
const plain = /^[ -~]*$/;

/** Whether every character of `text` can be shown on a terminal and written into a config without surprise. */
export function isPrintable(text: string): boolean {
  return plain.test(text) || !unprintable.test(text);
}

/**
 * Foreign text as a message may show it: in double quotes, unprintable characters escaped, cut after `maxLength`
 * characters.
 */
export function shown(text: string, maxLength = 80): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  const quoted = JSON.stringify(cut);
  return plain.test(quoted) ? quoted : quoted.replace(everyUnprintable, escaped);
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}
