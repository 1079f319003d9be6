import * as z from 'zod';
import { shown } from '../../text/shown.js';
import { statusNamePattern } from '../../text/status-name.js';
import {
  parseCookieName,
  parseCookieValue,
  parseHeaderTemplate,
  parseMethod,
  parseRequestHeaderName,
} from '../grammar/http-field.js';
import { parseRequestPath } from '../grammar/request-path.js';
import { checkSchema } from './check.js';
import {
  anyText,
  count,
  fileName,
  grammar,
  mapOf,
  maxWeight,
  oneOf,
  positiveNumber,
  section,
  text,
} from './leaf.js';
import { llmSchema } from './llm.js';

export const headersSchema = mapOf(
  'a map of header names to texts',
  parseRequestHeaderName,
  grammar('a text', parseHeaderTemplate),
);

export const cookiesSchema = mapOf(
  'a map of cookie names to texts',
  parseCookieName,
  grammar('a text', parseCookieValue),
);

/** HTTP Basic: the user name ends at the first colon (RFC 7617), and neither part holds control characters. */
const basicSchema = section('a map such as { user: alice, password: "…" }', {
  user: grammar('a user name', (user) =>
    /^[^:\p{Cc}]*$/u.test(user)
      ? { ok: true, value: user }
      : {
          ok: false,
          message: 'expected a user name without colons and control characters, got one with them',
        },
  ),
  password: grammar('a password', (password) =>
    /^\P{Cc}*$/u.test(password)
      ? { ok: true, value: password }
      : { ok: false, message: 'expected a password without control characters, got one with them' },
  ),
});

const bearerSchema = section('a map such as { bearerEnv: OPENAI_API_KEY }', {
  bearerEnv: grammar('the name of an environment variable', (name) =>
    /^[A-Za-z_]\w{0,199}$/.test(name)
      ? { ok: true, value: name }
      : {
          ok: false,
          message: 'expected the name of an environment variable, got something else',
          hint: 'write the name, such as OPENAI_API_KEY; the key itself stays out of the scenario',
        },
  ).describe(
    'Environment variable that holds the token (RFC 6750); it appears in no report, log or message.',
  ),
});

export const authSchema = z.union([basicSchema, bearerSchema], {
  error: 'a map such as { user: alice, password: "…" } or { bearerEnv: OPENAI_API_KEY }',
});

const dataFile = fileName('the name of a file with a record a line, or of a CSV file');

/** A file whose records requests take. */
export const dataSchema = z.union(
  [
    dataFile.transform((file) => ({ file, format: undefined, order: 'next' as const })),
    section('a map such as { file: prompts.jsonl, order: drawn }', {
      file: dataFile.describe('File in UTF-8: JSONL, CSV with a header line, or one value a line.'),
      format: oneOf('jsonl', 'csv', 'lines')
        .optional()
        .describe(
          'How it is read; by the end of its name (.jsonl, .ndjson, .csv, else lines) when left out.',
        ),
      order: oneOf('next', 'drawn')
        .default('next')
        .describe(
          'next: each request takes the next record, from the first again after the last; drawn: any.',
        ),
    }),
  ],
  { error: 'the name of a file such as prompts.jsonl, or a map with file, format and order' },
);

/** What counts as an error. */
export const errorsSchema = mapOf(
  'a map of statuses to ok or error, such as { 429: ok }',
  (status) =>
    statusNamePattern.test(status)
      ? { ok: true, value: status }
      : { ok: false, message: `expected a status such as 429, or a class such as 4xx, got ${shown(status)}` },
  oneOf('ok', 'error'),
);

export const requestSchema = section(
  'a map such as { method: GET, path: / }',
  {
    name: text('a name', 200)
      .optional()
      .describe('What reports and thresholds call it; method and path when left out.'),
    method: grammar('an HTTP method such as GET or POST', parseMethod)
      .optional()
      .describe('GET when left out, POST when there is a body.'),
    path: grammar('a path that starts with /', parseRequestPath)
      .optional()
      .describe(
        "Path and query, appended to the target's path; with llm that of its API when left out. {1..500}, {uuid} and {seq} are drawn for each request; the text {a} is written {{a}}.",
      ),
    json: z
      .unknown()
      .optional()
      .describe('Body as JSON; {1..500}, {uuid} and {seq} in its texts are drawn for each request.'),
    text: anyText('a text')
      .optional()
      .describe('Body as plain text; {1..500}, {uuid} and {seq} are drawn for each request.'),
    jsonFile: fileName('the name of a JSON file')
      .optional()
      .describe('File with the JSON body, sent byte for byte.'),
    textFile: fileName('the name of a text file')
      .optional()
      .describe('UTF-8 file with the body, sent byte for byte.'),
    file: fileName('the name of a file')
      .optional()
      .describe('File with the body, sent byte for byte as application/octet-stream.'),
    llm: llmSchema
      .optional()
      .describe("A question to a language model by OpenAI's API; it sets method, path and body."),
    headers: headersSchema.optional().describe('Headers of this request, before those for all requests.'),
    data: dataSchema.optional().describe('Data of this request alone, instead of that for all.'),
    auth: authSchema
      .optional()
      .describe('Credentials for this request: HTTP Basic, or a bearer token from the environment.'),
    check: checkSchema
      .optional()
      .describe('What every response to it must be like; one that is not is an error of its backend.'),
    errors: errorsSchema
      .optional()
      .describe(
        'What counts as an error of this request: { 404: ok }; before what is said for all requests.',
      ),
    weight: positiveNumber(maxWeight)
      .optional()
      .describe('How often it is drawn, relative to the others (default 1).'),
    exactly: count(1, Number.MAX_SAFE_INTEGER)
      .optional()
      .describe(
        'So many of this one, in a shuffled order; then every request has such a number, and load needs neither requests nor duration.',
      ),
  },
  { path: '/' },
).meta({ anyOf: [{ required: ['path'] }, { required: ['llm'] }] });
