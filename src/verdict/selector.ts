import type { Parsed } from '../model/parsed.js';
import type { Selectors } from '../model/rule.js';
import { didYouMean } from '../text/closest.js';
import { statusNamePattern } from '../text/status-name.js';

type SelectorKey = keyof Selectors;

const keys: readonly SelectorKey[] = ['backend', 'request', 'run', 'status', 'code'];

/**
 * Where the `}` that closes the selectors stands, given the offset of their `{`; `undefined` when none does.
 * Braces nest, because a request without a name is called by its method and path: `POST /chat?user={1..500}`.
 */
export function closingBrace(text: string, open: number): number | undefined {
  let depth = 0;
  let quoted = false;
  for (let at = open; at < text.length; at++) {
    const char = text[at];
    if (quoted) {
      if (char === '\\') at++;
      else if (char === '"') quoted = false;
    } else if (char === '"' && /[={,]\s*$/.test(text.slice(open, at))) quoted = true;
    else if (char === '{') depth++;
    else if (char === '}' && --depth === 0) return at;
  }
  return undefined;
}

/**
 * Parses what stands between the braces: `backend=127.0.0.1:8001, run=least_conn`.
 * A bare value runs to the next comma that starts another selector, so it may hold spaces, colons, brackets and
 * commas; a value that needs more is written as a JSON string.
 */
export function parseSelectors(text: string): Parsed<Selectors> {
  const found = new Map<SelectorKey, string>();
  const selector = /\s*([\w-]*)\s*=\s*(?:("(?:[^"\\]|\\.)*")\s*|(.*?)\s*)(?:,(?=\s*[\w-]+\s*=)|$)/sy;
  while (found.size === 0 || selector.lastIndex < text.length) {
    const offset = selector.lastIndex;
    const match = selector.exec(text);
    const word = match?.[1] ?? text.slice(offset).trim();
    const key = keys.find((known) => known === word);
    if (match === null || key === undefined) {
      return {
        ok: false,
        message: `expected a selector such as backend=127.0.0.1:8001, got ${word === '' ? 'nothing' : JSON.stringify(word.slice(0, 60))}`,
        hint: `${didYouMean(word, keys)}known are ${keys.join(', ')}`,
        offset,
      };
    }
    if (found.has(key)) return { ok: false, message: `expected one ${key} selector, got two`, offset };
    const value = match[2] === undefined ? match[3] : unquote(match[2]);
    if (value === undefined || value === '') {
      return {
        ok: false,
        message: `expected a name after ${key}=, got ${match[2] ?? 'nothing'}`,
        hint: 'quoted names are JSON strings',
        offset,
      };
    }
    const misread = misreadStatus(key, value);
    if (misread !== undefined) return { ok: false, ...misread, offset };
    found.set(key, value);
  }
  return {
    ok: true,
    value: {
      backend: found.get('backend'),
      request: found.get('request'),
      run: found.get('run'),
      status: found.get('status'),
      code: found.get('code'),
    },
  };
}

function misreadStatus(key: SelectorKey, value: string): { message: string; hint: string } | undefined {
  if (key !== 'status' && key !== 'code') return undefined;
  if (statusNamePattern.test(value) || (key === 'status' && value === 'ok')) return undefined;
  return {
    message: `expected a status such as 429 or 5xx after ${key}=, got ${JSON.stringify(value.slice(0, 60))}`,
    hint: 'ok is what does not count as an error: p99{status=ok}',
  };
}

function unquote(json: string): string | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
