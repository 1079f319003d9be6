import * as z from 'zod';
import type { Parsed } from '../../model/parsed.js';
import { shown } from '../../text/shown.js';
import { statusNamePattern } from '../../text/status-name.js';
import { parsePattern, parsePointer } from '../grammar/body-attribution.js';
import { parseHeaderName } from '../grammar/http-field.js';
import { grammar, integer, list, mapOf, section } from './leaf.js';

/** A code such as 429, or a class such as 4xx. */
const statusName = z.union(
  [
    integer(100, 999).transform(String),
    grammar('a status such as 200 or 2xx', (name) =>
      statusNamePattern.test(name)
        ? { ok: true, value: name }
        : { ok: false, message: `expected a status such as 200 or 2xx, got ${shown(name)}` },
    ),
  ],
  { error: 'a status such as 200 or 2xx' },
);

export type ExpectedText =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'matching'; readonly pattern: string; readonly flags: string };

/** A text that a pattern between slashes may stand for: `/^HIT/i`. */
const expectedText = grammar('a text', (text): Parsed<ExpectedText> => {
  const match = /^\/(.+)\/([imsu]*)$/s.exec(text);
  if (match === null) return { ok: true, value: { is: 'text', text } };
  const [pattern = '', flags = ''] = match.slice(1);
  const parsed = parsePattern(pattern, flags);
  return parsed.ok ? { ok: true, value: { is: 'matching', pattern, flags } } : parsed;
});

const scalar = z.union([expectedText, z.number(), z.boolean(), z.null()], {
  error: 'a text, a number, true, false or null',
});

/** What every answer to a request must be like. */
export const checkSchema = section('a map such as { status: 200, body: { /error: null } }', {
  status: z
    .union([statusName, list(statusName, 100, 'a list of statuses such as [200, 204]')], {
      error: 'a status such as 200 or 2xx, or a list of them',
    })
    .optional()
    .describe('Status that the response has, or one of a list: 200, 2xx, [200, 404].'),
  header: mapOf('a map of header names to texts', parseHeaderName, expectedText)
    .optional()
    .describe('Headers that the response has: a value, or a regular expression between slashes.'),
  body: z
    .union(
      [
        expectedText,
        mapOf('a map of JSON pointers to values such as { /error: null }', parsePointer, scalar),
      ],
      { error: 'a text that the body contains, or a map of JSON pointers to values' },
    )
    .optional()
    .describe(
      'Text that the body contains, a regular expression between slashes, or a map of JSON pointers to what stands there; null is also what is not there.',
    ),
});
