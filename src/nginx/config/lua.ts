/** Directives of OpenResty whose block holds Lua instead of directives: `content_by_lua_block`, `balancer_by_lua_block`. */
export function holdsLua(name: string): boolean {
  return name.endsWith('_by_lua_block');
}

const longBracket = /\[(=*)\[/y;

/**
 * Where the brace stands that closes a block of Lua whose code starts at `start`; -1 when there is none. Braces in Lua's
 * strings and comments count as little here as for OpenResty.
 */
export function endOfLua(text: string, start: number): number {
  let depth = 1;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === '{') depth++;
    else if (character === '}') depth--;
    else if (character === '"' || character === "'") at = endOfString(text, at + 1, character);
    else if (text.startsWith('--', at)) at = endOfComment(text, at + 2);
    else if (character === '[') at = Math.max(at, endOfLongBracket(text, at));
    if (depth === 0) return at;
  }
  return -1;
}

function endOfString(text: string, start: number, quote: string): number {
  let at = start;
  while (at < text.length && text[at] !== quote) at += text[at] === '\\' ? 2 : 1;
  return at;
}

function endOfComment(text: string, start: number): number {
  const end = endOfLongBracket(text, start);
  if (end >= 0) return end;
  const line = text.indexOf('\n', start);
  return line < 0 ? text.length : line;
}

/** The last character of a `[[…]]` or `[=[…]=]` that starts there; -1 when none does. */
function endOfLongBracket(text: string, start: number): number {
  longBracket.lastIndex = start;
  const match = longBracket.exec(text);
  if (match === null) return -1;
  const closing = `]${match[1]}]`;
  const end = text.indexOf(closing, start + match[0].length);
  return end < 0 ? text.length : end + closing.length - 1;
}
