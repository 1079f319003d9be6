import { sanitize } from '../text/sanitize.js';

/**
 * A name from outside as a code span, where Markdown, HTML, mentions and autolinks mean nothing. The fence is longer than
 * any run of backticks inside; pipes are escaped for tables, which split cells before they look at code spans.
 */
export function codeSpan(text: string, maxCharacters?: number): string {
  const inner = sanitize(text, maxCharacters).replace(/(\\*)\|/g, '$1$1\\|');
  if (inner.trim() === '') return '';
  const longest = [...inner.matchAll(/`+/g)].reduce((most, [run]) => Math.max(most, run.length), 0);
  const fence = '`'.repeat(longest + 1);
  const space = inner.startsWith('`') || inner.endsWith('`') ? ' ' : '';
  return `${fence}${space}${inner}${space}${fence}`;
}

/**
 * A sentence that may hold names from outside, as text that means only itself inside a line: markup, HTML, formulas and
 * what GitHub would turn into links are escaped. GitHub looks for mentions and issue numbers after Markdown; an empty comment keeps it from finding them.
 */
export function plainText(text: string, maxCharacters = 1000): string {
  return sanitize(text, maxCharacters)
    .replace(/[\\`*_{}[\]<>&|~$]|:(?=\/\/)|(?<=www)\./gi, '\\$&')
    .replace(/[@#]/g, '$&<!-- -->');
}
