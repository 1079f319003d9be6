import { methodNamed, methodOf, methods } from '../balancing/method/methods.js';
import type { Algorithm } from '../model/algorithm.js';
import type { Parsed } from '../model/parsed.js';
import { shown } from '../text/shown.js';
import { parseTemplate } from './template.js';
import { formatWord, parseWords } from './words.js';

const forms = methods.flatMap((method) => method.forms);
const hint = `use ${forms.slice(0, -1).join(', ')}, or ${forms.at(-1)}`;

/** The directives that set a method; without one it is round robin. */
export const methodNames: ReadonlySet<string> = new Set(methods.slice(1).map(({ name }) => name));

/** Methods of nginx Plus, or of an nginx newer than the models here. */
const unsupported: ReadonlySet<string> = new Set(['least_time', 'sticky', 'queue', 'fair', 'ntlm']);

/**
 * Reads a balancing method as nginx's directive spells it, without the semicolon: `hash $request_uri consistent`.
 * `round_robin` is nginx's default, for which nginx has no word. A key is one nginx word, in quotes if it has
 * spaces: `hash "$host $uri"`. Fails with `expected …, got …` and the list of methods as the hint.
 */
export function parseAlgorithm(text: string): Parsed<Algorithm> {
  const words = parseWords(text);
  return words.ok ? algorithmOf(words.value) : { ...words, hint: words.hint ?? hint };
}

/** The same from a directive's name and arguments, as a configuration file's parser has them. */
export function algorithmOf(words: readonly string[]): Parsed<Algorithm> {
  const [name, ...args] = words;
  if (name === undefined) return failure('expected a balancing method, got nothing');
  const method = methodNamed(name);
  if (method === undefined) {
    return failure(
      unsupported.has(name)
        ? `expected a method of open-source nginx, got ${shown(name)}`
        : `expected a balancing method, got ${shown(name)}`,
    );
  }
  const algorithm = method.read(args);
  if (!algorithm.ok) return { ...algorithm, hint };
  const decision = method.decision(algorithm.value);
  const key = decision.by === 'key' ? parseTemplate(decision.template) : undefined;
  if (key?.ok === false) return { ok: false, message: key.message, hint: key.hint };
  return algorithm;
}

/** Writes a method as nginx's directive without the semicolon; `parseAlgorithm` reads it back. */
export function formatAlgorithm(algorithm: Algorithm): string {
  return algorithmWords(algorithm).map(formatWord).join(' ');
}

/** The same as the directive's name and arguments, not yet quoted. */
export function algorithmWords(algorithm: Algorithm): readonly [method: string, ...args: string[]] {
  return [algorithm.method, ...methodOf(algorithm).argsOf(algorithm)];
}

function failure(message: string): Parsed<never> {
  return { ok: false, message, hint };
}
