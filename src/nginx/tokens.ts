import { shown } from '../text/shown.js';

/**
 * One token of nginx's configuration language. `offset` is where it starts (for a quoted word: the quote),
 * `end` where the next one may start; both 0-based.
 */
export type Token =
  | { readonly kind: 'word'; readonly value: string; readonly offset: number; readonly end: number }
  | {
      readonly kind: ';' | '{' | '}' | 'comment' | 'end';
      readonly offset: number;
      readonly end: number;
    }
  | { readonly kind: 'error'; readonly message: string; readonly offset: number; readonly end: number };

/** nginx reads its configuration through a 4096-byte buffer that a word and its terminator must fit in. */
const maxWordBytes = 4095;

function isSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\t' || character === '\r' || character === '\n';
}

/**
 * Reads the token of `text` at or after `from`, by the rules of nginx's `ngx_conf_read_token`:
 *
 * - words end at white space, `;` or `{`, except that the `{` of `${name}` belongs to the word;
 * - `"…"` and `'…'` make one word; white space, `;`, `{`, `)` or the end of the text must follow;
 * - a backslash keeps the next character from ending the word; of the escapes only `\"`, `\'`, `\\`, `\t`,
 *   `\r` and `\n` are replaced, all others stay as they are, backslash included;
 * - `#` starts a comment only where a word could start.
 */
export function nextToken(text: string, from: number): Token {
  let offset = from;
  while (isSpace(text[offset])) offset += 1;
  const first = text[offset];
  if (first === undefined) return { kind: 'end', offset, end: offset };
  if (first === ';' || first === '{' || first === '}') return { kind: first, offset, end: offset + 1 };
  if (first === '#') {
    const lineEnd = text.indexOf('\n', offset);
    return { kind: 'comment', offset, end: lineEnd < 0 ? text.length : lineEnd };
  }
  return first === '"' || first === "'" ? quotedWord(text, offset, first) : bareWord(text, offset);
}

function quotedWord(text: string, offset: number, quote: string): Token {
  let end = offset + 1;
  while (end < text.length && text[end] !== quote) end += text[end] === '\\' ? 2 : 1;
  if (end >= text.length)
    return failure(`expected a closing ${quote}, got the end of the text`, offset, text);
  const next = text[end + 1];
  if (next !== undefined && !isSpace(next) && next !== ';' && next !== '{' && next !== ')') {
    return failure(`expected white space, ";" or "{" after a quoted word, got ${shown(next)}`, end + 1, text);
  }
  return word(text.slice(offset + 1, end), offset, end + 1, text);
}

function bareWord(text: string, offset: number): Token {
  let end = offset;
  while (end < text.length) {
    const character = text[end];
    if (isSpace(character) || character === ';' || character === '{') break;
    if (character === '\\') {
      if (end + 1 >= text.length) {
        return failure('expected a character after the backslash, got the end of the text', end, text);
      }
      end += 2;
    } else if (character === '$') {
      end += 1;
      while (text[end] === '{') end += 1;
    } else {
      end += 1;
    }
  }
  return word(text.slice(offset, end), offset, end, text);
}

function word(raw: string, offset: number, end: number, text: string): Token {
  if (raw.length > maxWordBytes / 4 && Buffer.byteLength(raw) > maxWordBytes) {
    return failure(
      `expected a word of at most ${maxWordBytes} bytes, got ${Buffer.byteLength(raw)}`,
      offset,
      text,
    );
  }
  return { kind: 'word', value: unescaped(raw), offset, end };
}

/** A word without the backslashes that nginx's configuration language has in it: `\\t` is a tab there. */
export function unescaped(raw: string): string {
  if (!raw.includes('\\')) return raw;
  return raw.replace(/\\(["'\\trn])/g, (_, character: string) => {
    if (character === 't') return '\t';
    if (character === 'r') return '\r';
    return character === 'n' ? '\n' : character;
  });
}

function failure(message: string, offset: number, text: string): Token {
  return { kind: 'error', message, offset, end: text.length };
}
