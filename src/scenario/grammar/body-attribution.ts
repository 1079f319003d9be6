import type { Parsed } from '../../model/parsed.js';
import type { Attribution } from '../../model/plan.js';
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
  if (pattern.length > 1000) {
    return {
      ok: false,
      message: `expected a regular expression of at most 1000 characters, got ${pattern.length}`,
    };
  }
  if (!/^[imsu]*$/.test(flags))
    return { ok: false, message: `expected flags out of i m s u, got ${shown(flags)}` };
  try {
    new RegExp(pattern, flags);
    return { ok: true, value: { by: 'body-pattern', pattern, flags } };
  } catch (error) {
    const reason = error instanceof Error ? (/: ([^:]+)$/.exec(error.message)?.[1] ?? error.message) : '';
    return {
      ok: false,
      message: `expected a valid regular expression, got ${shown(pattern)}`,
      hint: shown(reason).slice(1, -1),
    };
  }
}

/**
 * Whether a repeated group repeats inside too, `(a+)+`, or offers alternatives, `(a|aa)*`: on text that nearly
 * matches such expressions can take time exponential in its length. A rough sign, not a proof either way.
 */
export function mayBacktrackForever(pattern: string): boolean {
  const plain = pattern.replace(/\\./gs, '_').replace(/\[[^\]]*\]/g, '_');
  const group = /\(([^()]*)\)([*+]|\{\d+,\d*\})?/;
  let rest = plain;
  for (;;) {
    const match = group.exec(rest);
    if (match === null) return false;
    const inner = (match[1] ?? '').replace(/^\?(?:[:=!]|<[=!]|<\w+>)/, '');
    if (match[2] !== undefined && /[*+|]|\{\d+,\d*\}/.test(inner)) return true;
    // A group that repeats, or repeats inside, counts as repeating for the group around it.
    const repeats = match[2] !== undefined || /[*+]/.test(inner);
    rest = rest.replace(group, repeats ? '_+' : '_');
  }
}
