import type { Parsed } from '../model/parsed.js';
import { isPrintable, shown } from '../text/shown.js';
import { nextToken } from './tokens.js';

/** A bare word that nginx reads back as it is: nothing that ends, quotes, escapes or comments. */
const bare = /^(?:\$\{\w+\}|[^\s;{}"'\\#\p{C}])+$/u;

/**
 * Splits the arguments of one nginx directive, `hash "$host $uri" consistent`, into its words with quotes and
 * escapes resolved. Anything that is more than one directive's words (`;`, braces, a comment, unprintable
 * characters) is a failure, so that nothing but words can reach a configuration.
 */
export function parseWords(text: string): Parsed<readonly string[]> {
  const words: string[] = [];
  let offset = 0;
  for (;;) {
    const token = nextToken(text, offset);
    switch (token.kind) {
      case 'end':
        return { ok: true, value: words };
      case 'error':
        return { ok: false, message: token.message, offset: token.offset };
      case 'comment':
        return { ok: false, message: 'expected only words, got a comment', offset: token.offset };
      case ';':
      case '{':
      case '}':
        return {
          ok: false,
          message: `expected only words, got "${token.kind}"`,
          hint:
            token.kind === ';'
              ? 'leave out the semicolon, or put the word in quotes if it belongs to it'
              : 'put the word in quotes if the brace belongs to it',
          offset: token.offset,
        };
      case 'word':
        if (!isPrintable(token.value)) {
          return {
            ok: false,
            message: `expected printable characters, got ${shown(token.value)}`,
            offset: token.offset,
          };
        }
        words.push(token.value);
        offset = token.end;
    }
  }
}

/**
 * Writes one word so that nginx reads back exactly `value`, whatever is in it: bare when that is safe, else in
 * double quotes with `"`, `\` and line breaks escaped.
 */
export function formatWord(value: string): string {
  if (bare.test(value)) return value;
  const escaped = value
    .replace(/["\\]/g, '\\$&')
    .replace(/\t/g, '\\t')
    .replace(/\r/g, '\\r')
    .replace(/\n/g, '\\n');
  return `"${escaped}"`;
}
