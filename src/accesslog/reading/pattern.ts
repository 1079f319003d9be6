import type { Parsed } from '../../model/parsed.js';
import { compileExpression } from '../../text/expression.js';
import { wildcardTest } from '../../text/glob.js';
import { shown } from '../../text/shown.js';

export type TextTest = (text: string) => boolean;

/** What kind of text a pattern is for. */
interface PatternKind {
  /** `/chat/` is a path as well; only what has flags or special characters is meant as an expression. */
  readonly isPath: boolean;
  readonly anyCase: boolean;
}

/** By what is selected. */
export const patternKinds = {
  uri: { isPath: true, anyCase: false },
  method: { isPath: false, anyCase: true },
  host: { isPath: false, anyCase: true },
  userAgent: { isPath: false, anyCase: false },
} as const satisfies Readonly<Record<string, PatternKind>>;

/** Compiles a selection's pattern: `/regular expression/flags`, else a glob over the whole text. */
export function compilePattern(pattern: string, { isPath, anyCase }: PatternKind): Parsed<TextTest> {
  const [, source = '', flags = ''] = /^\/(.+)\/([imsu]*)$/s.exec(pattern) ?? [];
  if (source !== '' && !(isPath && flags === '' && !/[\\^$.|+()[\]{}]/.test(source))) {
    const compiled = compileExpression(source, anyCase && !flags.includes('i') ? `${flags}i` : flags);
    return compiled.ok ? { ok: true, value: compiled.value.test } : compiled;
  }
  const isMatch = wildcardTest(anyCase ? pattern.toLowerCase() : pattern);
  return { ok: true, value: anyCase ? (text) => isMatch(text.toLowerCase()) : isMatch };
}

/** A test of status codes from `404`, `5xx`, `500-504`. */
export function compileStatusPattern(pattern: string): Parsed<(status: number) => boolean> {
  const text = pattern.trim().toLowerCase();
  const wildcard = /^([0-9])([0-9]|x)([0-9]|x)$/.exec(text);
  if (wildcard !== null && !(wildcard[2] === 'x' && wildcard[3] !== 'x')) {
    const low = Number(text.replaceAll('x', '0'));
    const high = Number(text.replaceAll('x', '9'));
    return { ok: true, value: (status) => status >= low && status <= high };
  }
  const range = /^(\d{3})-(\d{3})$/.exec(text);
  if (range !== null && Number(range[1]) <= Number(range[2])) {
    const [low, high] = [Number(range[1]), Number(range[2])];
    return { ok: true, value: (status) => status >= low && status <= high };
  }
  return {
    ok: false,
    message: `expected a status such as 404, 5xx or 500-504, got ${shown(pattern)}`,
  };
}
