import { createRequire } from 'node:module';
import type { Parsed } from '../model/parsed.js';
import { shown } from './shown.js';

const maxCharacters = 1000;

/** A user's regular expression, compiled. */
export interface Expression {
  test(text: string): boolean;
  /** The first group of the first match, all it matched where there is no such group; `undefined` without a match. */
  find(text: string): string | undefined;
}

type Re2 = typeof import('re2js');

/** Loaded when the first expression is compiled: it costs 8 ms. */
let re2: Re2 | undefined;

/**
 * Compiles a regular expression that a user wrote, in JavaScript's syntax. All of them run on RE2's algorithm, whose time is
 * linear in the text: V8's own tries every way to match, and `(a+)+$` over thirty letters would stop the process for good.
 * What cannot be had in linear time is refused: lookaround and backreferences.
 *
 * @param flags any of i m s u
 */
export function compileExpression(source: string, flags: string): Parsed<Expression> {
  if (source.length > maxCharacters) {
    const message = `expected a regular expression of at most ${maxCharacters} characters, got ${source.length}`;
    return { ok: false, message };
  }
  if (!/^[imsu]*$/.test(flags)) {
    return { ok: false, message: `expected flags out of i m s u, got ${shown(flags)}` };
  }
  try {
    new RegExp(source, flags);
  } catch (error) {
    const reason = /: ([^:]+)$/.exec((error as Error).message)?.[1] ?? 'not understood';
    return {
      ok: false,
      message: `expected a valid regular expression, got ${shown(source)}`,
      hint: shown(reason).slice(1, -1),
    };
  }
  const compiled = compileLinear(source, flags);
  if (compiled === undefined) {
    return {
      ok: false,
      message: `expected a regular expression that takes linear time, got ${shown(source)}`,
      hint: 'lookaround (?=…), backreferences \\1 and repeats of more than 1000 are not supported',
    };
  }
  return {
    ok: true,
    value: {
      test: (text) => compiled.test(text),
      find: (text) => {
        const match = compiled.exec(text);
        return match === null ? undefined : (match[1] ?? match[0]);
      },
    },
  };
}

function compileLinear(source: string, flags: string) {
  // RE2 would read a named backreference as the letter k.
  if (/\(\?<\w/.test(source) && /\\k</.test(source)) return undefined;
  re2 ??= createRequire(import.meta.url)('re2js') as Re2;
  const { RE2JS } = re2;
  const { CASE_INSENSITIVE, MULTILINE, DOTALL } = RE2JS;
  const bits =
    (flags.includes('i') ? CASE_INSENSITIVE : 0) |
    (flags.includes('m') ? MULTILINE : 0) |
    (flags.includes('s') ? DOTALL : 0);
  try {
    return RE2JS.compile(RE2JS.translateRegExp(source), bits);
  } catch {
    return undefined;
  }
}
