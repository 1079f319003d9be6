import * as z from 'zod';
import { parseAlgorithm } from '../../nginx/algorithm.js';
import { parseRule } from '../../verdict/rule.js';
import { parseTargetUrl } from '../grammar/target-url.js';
import { attributionSchema, expectSchema } from './attribution.js';
import { labSchema } from './lab.js';
import { fileName, grammar, integer, list, listOf, oneOf, section, text, yesNo } from './leaf.js';
import { sessionsSchema } from './llm.js';
import { duration, loadSchema } from './load.js';
import {
  authSchema,
  cookiesSchema,
  dataSchema,
  errorsSchema,
  headersSchema,
  requestSchema,
} from './request.js';

const rule = 'a rule such as skew < 5%';
const tlsVersion = oneOf('TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3');

const threshold = grammar(rule, parseRule);
const algorithm = grammar('a balancing method such as least_conn', parseAlgorithm);
const target = grammar('the URL of a balancer such as http://127.0.0.1:8080', parseTargetUrl);
const engine = oneOf('native', 'autocannon', 'scripted');
const threads = integer(1, 256);
const baseline = fileName('the name of a report such as reports/main.json');
const seed = integer(0, 2 ** 32 - 1);

const tlsSchema = section('a map such as { ca: ca.pem }', {
  ca: fileName('the name of a PEM file')
    .optional()
    .describe("Certificates to trust instead of the system's, PEM file."),
  cert: fileName('the name of a PEM file').optional().describe('Client certificate, PEM file.'),
  key: fileName('the name of a PEM file').optional().describe("The client certificate's key, PEM file."),
  serverName: z
    .union([text('a host name', 253), z.literal(false, { error: 'a host name or false' })], {
      error: 'a host name or false',
    })
    .optional()
    .describe("Name to ask for and check (SNI); the target's host when left out, false for none."),
  ciphers: text('an OpenSSL cipher list', 4096).optional().describe('OpenSSL cipher list.'),
  minVersion: tlsVersion.optional().describe('Oldest TLS version to accept.'),
  maxVersion: tlsVersion.optional().describe('Newest TLS version to offer.'),
});

/**
 * The one description of a scenario: what `check` accepts, what its faults say, and what `lbbench schema` prints.
 * It knows single values; what must fit together is checked in `resolve/`.
 */
export const scenarioSchema = section('a map with target or lab', {
  name: text('a name', 200).optional().describe('Name of the scenario; the file name when left out.'),
  target: target
    .optional()
    .describe(
      'URL of a balancer that already runs: http://host:port/path, https://…, http://unix:/path.sock:/path. Exactly one of target and lab.',
    ),
  lab: labSchema
    .optional()
    .describe(
      'What lbbench starts for the run: demo backends and a balancer. Exactly one of target and lab.',
    ),
  algorithms: list(algorithm, 100, 'a list of balancing methods such as [round_robin, least_conn]')
    .optional()
    .describe(
      "nginx's balancing methods, one run each: round_robin, least_conn, ip_hash, hash KEY [consistent], random [two least_conn]. With a target at most one: the method it uses.",
    ),
  load: loadSchema.prefault({}).describe('How much to send, and how.'),
  requests: list(requestSchema, 10_000, 'a list of at least one request')
    .optional()
    .describe("The mix of requests, drawn by weight. One GET of the target's path when left out."),
  data: dataSchema
    .optional()
    .describe(
      'File of which each request takes a record; {field} in paths, headers, cookies and bodies is what it says.',
    ),
  headers: headersSchema.optional().describe('Headers for all requests.'),
  cookies: cookiesSchema.optional().describe('Cookies for all requests.'),
  auth: authSchema
    .optional()
    .describe('Credentials for all requests: HTTP Basic, or a bearer token from the environment.'),
  sessions: sessionsSchema
    .optional()
    .describe(
      'Requests come in sessions of several turns; {session} and {turn} in paths, headers, cookies and bodies name them.',
    ),
  tls: tlsSchema.optional().describe('TLS of an https target.'),
  insecure: yesNo().default(false).describe("Accept any certificate: true switches the target's check off."),
  attribution: attributionSchema
    .optional()
    .describe('How a response tells which backend served it (default { header: X-Upstream }).'),
  expect: expectSchema
    .optional()
    .describe(
      'Weights of the backends behind a target, by address, or { nginxConf: FILE, upstream: NAME } to take them from there.',
    ),
  slo: section('a map such as { ttft: 500ms, tpot: 50ms }', {
    ttft: duration.optional().describe('Start, or due start, to the first token.'),
    tpot: duration.optional().describe('For each token after the first.'),
    e2e: duration.optional().describe('Start, or due start, to the last token.'),
  })
    .optional()
    .describe('What each request must keep to count for goodput: some of ttft, tpot and e2e.'),
  thresholds: listOf(
    z.union(
      [
        threshold.transform((parsed) => ({ rule: parsed, abortOnFail: false })),
        section('a map such as { rule: "skew < 5%", abortOnFail: true }', {
          rule: threshold.describe('The rule.'),
          abortOnFail: yesNo()
            .default(false)
            .describe('End the run as soon as the rule has no hope left; with errors, skew and p99.'),
        }),
      ],
      { error: `${rule}, or a map with rule and abortOnFail` },
    ),
    1000,
    'a list of rules such as ["skew < 5%"]',
  )
    .default([])
    .describe('Rules that decide the exit code: "skew < 5%", "p99 < 250ms", "errors < 0.1%", "rps > 200".'),
  errors: errorsSchema
    .optional()
    .describe(
      'Which statuses count as errors: { 429: ok, 3xx: error }. A code goes before its class; the others are errors from 400 on.',
    ),
  allowErrors: yesNo()
    .default(false)
    .describe(
      'Errors are no failure of the run: without it, and without a rule on errors among the thresholds, errors < 1% is implied.',
    ),
  baseline: baseline
    .optional()
    .describe(
      'Saved report that baseline in a rule refers to: reports/main.json, looked for beside the scenario.',
    ),
  seed: seed.default(1).describe('Seed of everything random.'),
  engine: engine.default('native').describe('What sends the load.'),
  threads: threads.default(1).describe('Threads that send.'),
  repeat: integer(1, 1000).default(1).describe('Rounds of all algorithms, interleaved.'),
});

export type CheckedScenario = z.output<typeof scenarioSchema>;

/** A scenario as an object: the keys of the file, and what may stand there. */
export type Scenario = z.input<typeof scenarioSchema>;

/**
 * The scenario as a JSON Schema (draft 7, which the YAML plug-ins of editors read), with a description at every key.
 * It knows types, keys and bounds; `lbbench check` also knows nginx's grammar and what must fit together.
 */
export function scenarioJsonSchema(): object {
  const schema = z.toJSONSchema(scenarioSchema, { io: 'input', target: 'draft-7', reused: 'inline' });
  return { ...schema, title: 'lbbench scenario', description: 'Input of lbbench run, lab and check.' };
}
