import { stripVTControlCharacters } from 'node:util';

const zeroWidth = /^[\p{Mn}\p{Me}]$/u;
/** East Asian wide and fullwidth (Unicode TR 11) by block, and emoji that are shown as pictures. */
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]$|^\p{Emoji_Presentation}$/u;

/** Columns that a text takes on a terminal; colour sequences take none. */
export function displayWidth(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of stripVTControlCharacters(text)) width += characterWidth(character);
  return width;
}

/** The start of plain `text` that fits into `columns`, ending in `…` when something was cut. */
export function cutToWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const character of text) {
    width += characterWidth(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return columns < 1 ? '' : `${kept}…`;
}

/**
 * Breaks plain text at spaces, but not within `5 %` or `20 × 502`, into lines of at most `columns`; a word that is longer is broken inside.
 * Every line but the first is indented by `indent`, which counts towards its columns.
 */
export function wrap(text: string, columns: number, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  const room = () => Math.max(1, columns - (lines.length === 0 ? 0 : displayWidth(indent)));
  const flush = () => {
    lines.push(lines.length === 0 ? line : indent + line);
    line = '';
  };
  for (const word of text.split(/(?<!×) (?![%×])/)) {
    if (line !== '' && displayWidth(line) + 1 + displayWidth(word) > room()) flush();
    if (line !== '') line += ' ';
    let rest = word;
    while (displayWidth(rest) > room()) {
      const head = headOf(rest, room());
      line = head;
      rest = rest.slice(head.length);
      flush();
    }
    line += rest;
  }
  if (line !== '' || lines.length === 0) flush();
  return lines;
}

/** At least one character, so that wrapping always goes on. */
function headOf(text: string, columns: number): string {
  let head = '';
  let width = 0;
  for (const character of text) {
    width += characterWidth(character);
    if (head !== '' && width > columns) break;
    head += character;
  }
  return head;
}

function characterWidth(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300 || isNarrowSign(code)) return 1;
  if (zeroWidth.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** Dashes, dots, quotes, arrows and signs as reports have them: known without the tables of Unicode, which take a while to load. */
function isNarrowSign(code: number): boolean {
  return (code >= 0x2000 && code < 0x20d0) || (code >= 0x2100 && code < 0x231a);
}
