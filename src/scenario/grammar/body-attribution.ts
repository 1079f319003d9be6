import type { Parsed } from '../../model/parsed.js';
import type { Attribution } from '../../model/plan.js';
import { compileExpression } from '../../text/expression.js';
import { shown } from '../../text/shown.js';

type BodyAttribution = Extract<Attribution, { by: 'body-pointer' | 'body-pattern' }>;

/**
 * Reads how a response body names its backend. `/server` is a JSON pointer (RFC 6901). A text that starts with `/`
 * and ends with `/`, or with `/` and some of the flags i m s u, is a regular expression: `/来自: (\d+)/`. A pointer
 * that looks like one, such as `/data/i`, must be given as `{ pointer: /data/i }`.
 */
export function parseBodyAttribution(text: string): Parsed<BodyAttribution> {
  const match = /^\/(.+)\/([imsu]*)$/s.exec(text);
  return match === null ? parsePointer(text) : parsePattern(match[1] ?? '', match[2] ?? '');
}

/** Reads an RFC 6901 pointer: empty for the whole body, else `/`-separated keys in which `~0` is ~ and `~1` is /. */
export function parsePointer(text: string): Parsed<BodyAttribution> {
  if (/^(\/([^~/]|~[01])*)*$/.test(text)) return { ok: true, value: { by: 'body-pointer', pointer: text } };
  return {
    ok: false,
    message: `expected a JSON pointer such as /server or a regular expression such as "/port (\\d+)/", got ${shown(text)}`,
    hint: text.startsWith('/') ? 'in a pointer write ~ as ~0' : 'both start with /',
  };
}

export function parsePattern(pattern: string, flags: string): Parsed<BodyAttribution> {
  const compiled = compileExpression(pattern, flags);
  return compiled.ok ? { ok: true, value: { by: 'body-pattern', pattern, flags } } : compiled;
}
