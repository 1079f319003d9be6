import type { Parsed } from '../../model/parsed.js';
import { shown } from '../../text/shown.js';
import { parseTemplate } from '../../text/template.js';

const maxLength = 8192;

/**
 * Reads a request target as HTTP/1.1 sends it: starts with `/`, no spaces, control characters or fragment. It is a
 * template: `{1..500}` and the like stay; a field of a data file at its start must be a whole one, such as `{line}`.
 */
export function parseRequestPath(text: string): Parsed<string> {
  const template = parseTemplate(text, 'path');
  const [first] = template.ok ? template.value.draws : [];
  const isField = first?.kind === 'field' && first.form === 'target';
  return targetProblem(isField ? `/${text}` : text) ?? (template.ok ? { ok: true, value: text } : template);
}

/** Percent-encodes what is not ASCII, as UTF-8; everything else stays as written. */
export function encodePath(path: string): string {
  return path.replace(/[^\x00-\x7f]+/g, encodeURIComponent);
}

/** Why a text is no request target; `undefined` for one that is. */
export function targetProblem(text: string): Extract<Parsed<never>, { ok: false }> | undefined {
  if (!text.startsWith('/')) {
    return { ok: false, message: `expected a path that starts with /, got ${shown(text)}` };
  }
  const foreign = text.search(/[\x00-\x20\x7f]/);
  if (foreign >= 0) {
    return {
      ok: false,
      message: `expected a path without spaces and control characters, got ${shown(text)}`,
      hint: 'write a space as %20',
      offset: foreign,
    };
  }
  const fragment = text.indexOf('#');
  if (fragment >= 0) {
    return {
      ok: false,
      message: `expected a path without #, got ${shown(text)}`,
      hint: 'fragments are not sent to servers; write a literal # as %23',
      offset: fragment,
    };
  }
  if (/\p{Cs}/u.test(text)) {
    return { ok: false, message: `expected well-formed Unicode, got ${shown(text)}` };
  }
  if (text.length > maxLength) {
    return { ok: false, message: `expected a path of at most ${maxLength} characters, got ${text.length}` };
  }
  return undefined;
}
