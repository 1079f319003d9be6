import type { Parsed } from '../model/parsed.js';
import { shown } from '../text/shown.js';

/** A piece of an nginx value such as `a$arg_x${host}`: literal text, or a variable by its name without `$`. */
export type TemplatePart =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string; readonly offset: number };

const variable = /\$(?:\{(\w+)\}|(\w+))/y;

/**
 * Splits a value into literals and variables as nginx's script compiler does. `$1` to `$9` are captures of one
 * digit. A `$` without a name is a failure in nginx too ("invalid variable name"); there is no way to escape it.
 */
export function parseTemplate(text: string): Parsed<readonly TemplatePart[]> {
  const parts: TemplatePart[] = [];
  let from = 0;
  while (from < text.length) {
    const dollar = text.indexOf('$', from);
    if (dollar !== from)
      parts.push({ kind: 'literal', text: text.slice(from, dollar < 0 ? undefined : dollar) });
    if (dollar < 0) break;
    variable.lastIndex = dollar;
    const match = variable.exec(text);
    const name = match?.[1] ?? match?.[2];
    if (match === null || name === undefined) {
      return {
        ok: false,
        message: `expected a variable name after "$", got ${shown(text.slice(dollar + 1, dollar + 12))}`,
        hint: 'a name has letters, digits and underscores, with or without braces around it',
        offset: dollar,
      };
    }
    const isCapture = match[1] === undefined && /^[1-9]/.test(name);
    parts.push({ kind: 'variable', name: isCapture ? name.slice(0, 1) : name, offset: dollar });
    from = isCapture ? dollar + 2 : variable.lastIndex;
  }
  return { ok: true, value: parts };
}
