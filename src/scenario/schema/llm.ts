import { z } from 'zod';
import { parseCookieName, parseRequestHeaderName } from '../grammar/http-field.js';
import { count, fileName, grammar, integer, oneOf, section, text, yesNo } from './leaf.js';

/** Above what any model takes. */
const mostTokens = 1_000_000;

const tokens = count(1, mostTokens);

const lengthKeys = {
  tokens: tokens.optional().describe('How many tokens; with stddev their mean.'),
  stddev: count(0, mostTokens).optional().describe('Standard deviation: lengths are normal.'),
  min: tokens.optional().describe('Least tokens, with max: lengths are uniform.'),
  max: tokens.optional().describe('Most tokens.'),
  lognormal: section('a map such as { median: 500, p99: 4000 }', {
    median: tokens.describe('Half of the lengths are below it.'),
    p99: tokens.describe('99 of 100 lengths are below it.'),
  })
    .optional()
    .describe('Lengths are lognormal: most are short, a few very long.'),
};

const prompts = section('a map such as { tokens: 1000, stddev: 300 } or { file: prompts.jsonl }', {
  ...lengthKeys,
  file: fileName('the name of a file of prompts')
    .optional()
    .describe('Conversations of ShareGPT (JSON), or a prompt a line (JSONL), sent one after another.'),
  format: oneOf('sharegpt', 'jsonl')
    .optional()
    .describe('How the file is read; by its beginning when left out.'),
  take: count(1, 10_000_000)
    .optional()
    .describe('Conversations to take from the file, from its first; all when left out.'),
});

const output = section('a map such as { tokens: 200, stddev: 80 }', {
  ...lengthKeys,
  exact: yesNo()
    .default(false)
    .describe(
      "An answer has just so many tokens: adds ignore_eos and min_tokens, which vLLM knows and OpenAI's API does not.",
    ),
});

const whole = <Keys extends object>(keys: Keys) =>
  tokens.transform((number) => ({ ...keys, tokens: number }));
const noLengths = { stddev: undefined, min: undefined, max: undefined, lognormal: undefined };

export const llmSchema = section('a map such as { model: demo, prompts: { tokens: 1000 } }', {
  api: oneOf('chat', 'completions')
    .default('chat')
    .describe('/v1/chat/completions or /v1/completions; the path follows from it when left out.'),
  model: text('the name of a model', 500).describe('Name of the model, as the server knows it.'),
  prompts: z
    .union([whole({ ...noLengths, file: undefined, format: undefined, take: undefined }), prompts], {
      error: 'a number of tokens, or a map such as { tokens: 1000, stddev: 300 } or { file: prompts.jsonl }',
    })
    .optional()
    .describe(
      'What is asked: words, as many as this says, or texts of a file. With load.trace as the trace says, when left out; else 512 tokens.',
    ),
  prefix: section('a map such as { count: 10, tokens: 512 }', {
    count: integer(1, 100_000).default(1).describe('How many different ones.'),
    tokens: tokens.describe('Length of each.'),
    zipf: z
      .number({ error: 'a number of at least 0' })
      .min(0, { error: 'a number of at least 0' })
      .max(10, { error: 'a number of at most 10' })
      .default(0)
      .describe('The n-th is as frequent as 1/n to this power; 0, the default, for all alike.'),
  })
    .optional()
    .describe('Beginnings that prompts have in common, such as system prompts.'),
  output: z
    .union([whole({ ...noLengths, exact: false }), output], {
      error: 'a number of tokens, or a map such as { tokens: 200, stddev: 80 }',
    })
    .optional()
    .describe('The most tokens of an answer. As the file or the trace says, when left out; else 128 tokens.'),
  stream: yesNo().default(true).describe('Ask for a stream of events.'),
  usage: z
    .union([yesNo(), z.literal('continuous', { error: 'true, false or continuous' })], {
      error: 'true, false or continuous',
    })
    .default(true)
    .describe(
      'Ask a stream for its usage at the end, or in each event (continuous, which vLLM knows); false for servers that refuse the question.',
    ),
  body: z
    .record(z.string(), z.unknown(), { error: 'a map of further members' })
    .optional()
    .describe(
      'Further members of the body, such as { temperature: 0 }; they replace those of the same name.',
    ),
});

export const sessionsSchema = section('a map such as { turns: 4, header: X-Session-Id }', {
  turns: integer(1, 1000).describe('Requests of a session, one after another.'),
  open: integer(1, 100_000)
    .optional()
    .describe(
      'Sessions under way at a time: a turn comes about so many requests after the one before. Twice the concurrency when left out, with a rate 32.',
    ),
  header: grammar('the name of a header such as X-Session-Id', parseRequestHeaderName)
    .optional()
    .describe("Header that carries the session's name, such as X-Session-Id."),
  cookie: grammar('the name of a cookie', parseCookieName)
    .optional()
    .describe("Cookie that carries the session's name."),
});
