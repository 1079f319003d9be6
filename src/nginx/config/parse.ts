import { shown } from '../../text/shown.js';
import { nextToken, type Token } from '../tokens.js';
import type { Checked } from './checked.js';
import type { Directive, Position } from './directive.js';
import { endOfLua, holdsLua } from './lua.js';

/** Deeper than any real configuration, and shallow enough for everything that walks one by recursion. */
const maxDepth = 64;

interface OpenBlock {
  readonly directives: Directive[];
  /** The directive whose block this is; `undefined` for the file itself. */
  readonly opener: { readonly words: readonly string[]; readonly at: Position } | undefined;
}

/** Gets a comment, with its `#`, and its place when it asks for it. */
export type OnComment = (comment: string, at: () => Position) => void;

/**
 * Parses the text of one nginx configuration file by nginx's own rules (see `nextToken`) without knowing any
 * directive: what a directive may hold and where it may stand is not checked, `include` stays as it is, comments
 * are dropped unless somebody wants them. As nginx does, it stops at the first syntax error.
 */
export function parseConfig(
  text: string,
  file?: string,
  onComment?: OnComment,
): Checked<readonly Directive[]> {
  const positionOf = positions(text, file);
  const failure = (offset: number, message: string, hint?: string): Checked<never> => ({
    ok: false,
    faults: [{ ...positionOf(offset), message, hint }],
  });
  if (text.startsWith('\ufeff')) {
    return failure(0, 'expected a directive, got a byte order mark', 'save the file as UTF-8 without BOM');
  }

  const open: OpenBlock[] = [{ directives: [], opener: undefined }];
  let words: string[] = [];
  let start = 0;
  for (let from = 0; ; ) {
    const token: Token = nextToken(text, from);
    from = token.end;
    const block = open.at(-1);
    if (block === undefined) throw new Error('the file itself is always open');
    if (token.kind === 'comment') {
      onComment?.(text.slice(token.offset, token.end), () => positionOf(token.offset));
      continue;
    }
    if (token.kind === 'error') return failure(token.offset, token.message);
    if (token.kind === 'word') {
      if (words.length === 0) start = token.offset;
      words.push(token.value);
      continue;
    }
    if (token.kind === 'end') {
      if (words.length > 0) {
        return failure(start, `expected ";" or "{" after ${shown(words.join(' '))}, got the end of the file`);
      }
      if (block.opener === undefined) return { ok: true, value: block.directives };
      const { words: opener, at } = block.opener;
      return {
        ok: false,
        faults: [
          { ...at, message: `expected "}" to close ${shown(opener.join(' '))}, got the end of the file` },
        ],
      };
    }
    if (token.kind === '}') {
      if (words.length > 0)
        return failure(token.offset, `expected ";" or "{" after ${shown(words.join(' '))}, got "}"`);
      if (block.opener === undefined) return failure(token.offset, 'expected a directive, got "}"');
      open.pop();
      const [name = '', ...args] = block.opener.words;
      open.at(-1)?.directives.push({ name, args, block: block.directives, at: block.opener.at });
      continue;
    }
    const [name, ...args] = words;
    if (name === undefined) return failure(token.offset, `expected a directive, got "${token.kind}"`);
    const at = positionOf(start);
    if (token.kind === '{' && holdsLua(name)) {
      const end = endOfLua(text, token.end);
      if (end < 0)
        return failure(start, `expected "}" to close ${shown(words.join(' '))}, got the end of the file`);
      block.directives.push({ name, args, block: [], lua: text.slice(token.end, end), at });
      from = end + 1;
    } else if (token.kind === ';') block.directives.push({ name, args, block: undefined, at });
    else if (open.length > maxDepth)
      return failure(token.offset, `expected at most ${maxDepth} nested blocks, got more`);
    else open.push({ directives: [], opener: { words, at } });
    words = [];
  }
}

/** Turns offsets into positions. Offsets are mostly asked for in rising order, so it remembers the last line. */
function positions(text: string, file: string | undefined): (offset: number) => Position {
  let line = 1;
  let lineStart = 0;
  return (offset) => {
    if (offset < lineStart) [line, lineStart] = [1, 0];
    for (;;) {
      const next = text.indexOf('\n', lineStart);
      if (next < 0 || next >= offset) return { file, line, column: offset - lineStart + 1 };
      line += 1;
      lineStart = next + 1;
    }
  };
}
