import type { Algorithm } from '../model/algorithm.js';
import type { Parsed } from '../model/parsed.js';
import { shown } from '../text/shown.js';
import { parseTemplate } from './template.js';
import { formatWord, parseWords } from './words.js';

const hint =
  'use round_robin, least_conn, ip_hash, hash KEY, hash KEY consistent, random, or random two least_conn';

/** The directives that set a method; without one it is round robin. */
export const methodNames: ReadonlySet<string> = new Set(['least_conn', 'ip_hash', 'hash', 'random']);

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
  const [method, ...args] = words;
  switch (method) {
    case 'round_robin':
    case 'least_conn':
    case 'ip_hash':
      return args.length === 0
        ? { ok: true, value: { method } }
        : failure(`expected nothing after ${method}, got ${shown(args.join(' '))}`);
    case 'hash':
      return hashOf(args);
    case 'random':
      return randomOf(args);
    case undefined:
      return failure('expected a balancing method, got nothing');
  }
  return failure(
    unsupported.has(method)
      ? `expected a method of open-source nginx, got ${shown(method)}`
      : `expected a balancing method, got ${shown(method)}`,
  );
}

function hashOf(args: readonly string[]): Parsed<Algorithm> {
  const [key, option, ...rest] = args;
  if (key === undefined) return failure('expected a key after hash, got nothing');
  if (option !== undefined && option !== 'consistent') {
    return failure(`expected "consistent" or nothing after the key, got ${shown(option)}`);
  }
  if (rest.length > 0) return failure(`expected nothing after consistent, got ${shown(rest.join(' '))}`);
  const template = parseTemplate(key);
  if (!template.ok) return { ok: false, message: template.message, hint: template.hint };
  return { ok: true, value: { method: 'hash', key, consistent: option === 'consistent' } };
}

function randomOf(args: readonly string[]): Parsed<Algorithm> {
  const [two, by, ...rest] = args;
  if (two === undefined) return { ok: true, value: { method: 'random', two: false } };
  if (two !== 'two') return failure(`expected "two" or nothing after random, got ${shown(two)}`);
  if (by !== undefined && by !== 'least_conn') {
    return failure(`expected "least_conn" or nothing after random two, got ${shown(by)}`);
  }
  if (rest.length > 0) return failure(`expected nothing after least_conn, got ${shown(rest.join(' '))}`);
  return { ok: true, value: { method: 'random', two: true } };
}

/** Writes a method as nginx's directive without the semicolon; `parseAlgorithm` reads it back. */
export function formatAlgorithm(algorithm: Algorithm): string {
  return algorithmWords(algorithm).map(formatWord).join(' ');
}

/** The same as the directive's name and arguments, not yet quoted. */
export function algorithmWords(algorithm: Algorithm): readonly [method: string, ...args: string[]] {
  switch (algorithm.method) {
    case 'hash':
      return algorithm.consistent ? ['hash', algorithm.key, 'consistent'] : ['hash', algorithm.key];
    case 'random':
      return algorithm.two ? ['random', 'two', 'least_conn'] : ['random'];
    default:
      return [algorithm.method];
  }
}

function failure(message: string): Parsed<never> {
  return { ok: false, message, hint };
}
