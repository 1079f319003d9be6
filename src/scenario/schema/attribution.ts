import * as z from 'zod';
import { parseBodyAttribution, parsePattern, parsePointer } from '../grammar/body-attribution.js';
import { parseHeaderName } from '../grammar/http-field.js';
import { parseWeights } from '../grammar/weights.js';
import { anyText, fileName, grammar, mapOf, maxWeight, section, text } from './leaf.js';

const body = 'a JSON pointer such as /server or a regular expression such as "/port (\\d+)/"';

/** `pattern` and `flags` are joined here so that the rest sees one attribution. */
const bodyMap = section('a map such as { pointer: /server } or { pattern: "port (\\\\d+)", flags: i }', {
  pointer: grammar('a JSON pointer such as /server', parsePointer)
    .optional()
    .describe('RFC 6901 JSON pointer.'),
  pattern: grammar('a regular expression', (source) => parsePattern(source, ''))
    .optional()
    .describe(
      'Regular expression without slashes; its first group, else its whole match, names the backend.',
    ),
  flags: anyText('flags out of i m s u').optional().describe('Flags of the pattern, out of i m s u.'),
});

export const attributionSchema = section('a map such as { header: X-Upstream }', {
  header: grammar('a header name such as X-Upstream', parseHeaderName)
    .optional()
    .describe("Response header with nginx's $upstream_addr (default X-Upstream)."),
  log: fileName('the name of an access log').optional().describe("nginx's access log, read after the run."),
  format: anyText("the text of nginx's log_format")
    .optional()
    .describe("The log's log_format; recognised from the log when left out."),
  body: z
    .union([grammar(body, parseBodyAttribution), bodyMap], { error: body })
    .optional()
    .describe(
      'Where the response body names the backend: a JSON pointer (/server), or a regular expression between slashes whose first group is the name.',
    ),
});

const addressKey = text('the address of a backend', 256);
const configKeys = ['nginxConf', 'upstream'];

export const expectSchema = z.union(
  [
    section('a map such as { nginxConf: /etc/nginx/nginx.conf, upstream: backend }', {
      nginxConf: fileName('the name of an nginx configuration file').describe('nginx configuration to read.'),
      upstream: text('the name of an upstream block', 256)
        .optional()
        .describe('The upstream block in it; may be left out when there is only one.'),
    }),
    mapOf(
      'a map of addresses to weights',
      (key) => {
        // Half of the other form must not pass for an address.
        if (configKeys.includes(key)) {
          return { ok: false, message: `expected the address of a backend, got "${key}"` };
        }
        const parsed = addressKey.safeParse(key);
        return parsed.success
          ? { ok: true, value: key }
          : { ok: false, message: parsed.error.issues[0]?.message ?? '' };
      },
      z
        .number({ error: 'a weight of at least 0' })
        .nonnegative({ error: 'a weight of at least 0' })
        .max(maxWeight, { error: `a weight of at most ${maxWeight}` }),
      configKeys,
    ),
    grammar('weights such as 127.0.0.1:8001=3,127.0.0.1:8002=2', parseWeights, '='),
  ],
  { error: 'a map such as { 127.0.0.1:8001: 3, 127.0.0.1:8002: 2 }' },
);
