import * as z from 'zod';
import { inferencePresets } from '../../model/plan.js';
import { parseServerLine } from '../../nginx/server-line.js';
import { parseDuration, parsePositiveDuration } from '../grammar/quantity.js';
import {
  count,
  grammar,
  integer,
  list,
  listOf,
  oneOf,
  positiveNumber,
  section,
  text,
  yesNo,
} from './leaf.js';

const serverLine = grammar("nginx's server parameters such as 127.0.0.1:8001 weight=3", parseServerLine);
const duration = grammar('a time such as 20ms', parseDuration);

const mishap = section('a map such as { every: 20, after: 8 }', {
  every: integer(1, 1_000_000).describe('Every so many answers.'),
  after: integer(0, 1_000_000).default(0).describe('After so many tokens (default 0).'),
});

const llm = section('a map such as { preset: 8b-h100, slots: 8 }', {
  preset: oneOf(...inferencePresets)
    .default('8b-h100')
    .describe('Whose times it keeps: a model and a GPU (default 8b-h100).'),
  slots: integer(1, 100_000).default(16).describe('Answers worked on at once; others queue (default 16).'),
  cache: count(0, 1_000_000_000)
    .default(65_536)
    .describe('Tokens that its prefix cache holds, such as 64k; 0 for none (default 65536).'),
  speed: positiveNumber(1000).default(1).describe('Divides all its times (default 1).'),
  head: oneOf('early', 'with-first')
    .default('early')
    .describe(
      "When a stream's head goes out: early, as vLLM's, or with the first token, as SGLang's and llama.cpp's.",
    ),
  role: oneOf('early', 'with-first', 'none')
    .default('with-first')
    .describe('When a chat stream says who speaks, in a chunk without output.'),
  reasoning: integer(0, 1_000_000)
    .default(0)
    .describe('Tokens of a chat answer, from its first, that are reasoning.'),
  tokensPerEvent: integer(1, 10_000).default(1).describe('Tokens in one event of a stream.'),
  usage: oneOf('asked', 'never', 'null-choices')
    .default('asked')
    .describe('Whether streams tell their usage when asked to; null-choices: with choices: null.'),
  unbuffered: yesNo().default(false).describe('Streams carry X-Accel-Buffering: no.'),
  cut: mishap.optional().describe('Answers whose connection is closed in the middle.'),
  error: mishap.optional().describe('Answers that end in an error, in the middle of a stream of status 200.'),
});

const behaviour = {
  latency: duration.optional().describe('How long an answer takes, such as 20ms (default 0ms).'),
  jitter: duration
    .optional()
    .describe('An answer takes up to this much longer or shorter, drawn at random (default 0ms).'),
  slots: integer(1, 1_000_000)
    .optional()
    .describe('Requests worked on at once; others queue. No limit when left out.'),
  llm: llm
    .optional()
    .describe(
      "Answers OpenAI's API too, /v1/chat/completions and /v1/completions, as an inference server does.",
    ),
};

const onOff = z.union([yesNo(), oneOf('on', 'off').transform((word) => word === 'on')], {
  error: 'on or off',
});

const proxy = section('a map such as { buffering: off }', {
  buffering: onOff
    .optional()
    .describe(
      "nginx's proxy_buffering: on collects what backends send, off passes each piece on as it comes.",
    ),
  httpVersion: z
    .union([oneOf('1.0', '1.1'), z.literal([1, 1.1]).transform((number) => (number === 1 ? '1.0' : '1.1'))], {
      error: 'one of 1.0, 1.1',
    })
    .optional()
    .describe("nginx's proxy_http_version: by which backends are asked."),
  readTimeout: grammar('a time such as 600s', parsePositiveDuration)
    .optional()
    .describe("nginx's proxy_read_timeout: the longest wait for a backend's next byte."),
  gzip: onOff.default(false).describe('Compress event streams too, for clients that accept it.'),
  tls: onOff.default(false).describe('Speak TLS to clients, with a certificate made for the run.'),
});

const labPort = integer(0, 65_535);

export const labSchema = section('a map such as { servers: [127.0.0.1:8001, 127.0.0.1:8002] }', {
  balancer: oneOf('auto', 'nginx', 'embedded')
    .default('auto')
    .describe("What balances: nginx, lbbench's embedded balancer, or auto: nginx when it is installed."),
  nginxPath: text('the path of an nginx binary', 4096)
    .optional()
    .describe('The nginx binary to start; looked for on PATH when left out.'),
  workers: integer(1, 64).default(1).describe("nginx's worker_processes."),
  zone: yesNo().default(true).describe("Share the balancing state among nginx's workers."),
  port: labPort.default(0).describe('Port of the balancer on 127.0.0.1; 0, the default, takes a free one.'),
  servers: list(
    z.union(
      [
        serverLine.transform((server) => ({
          server,
          latency: undefined,
          jitter: undefined,
          slots: undefined,
          llm: undefined,
        })),
        section("a map such as { server: '127.0.0.1:8001 weight=3', latency: 50ms }", {
          server: serverLine.describe("nginx's server parameters, word for word."),
          ...behaviour,
        }),
      ],
      { error: "nginx's server parameters or a map with server, latency, jitter, slots and llm" },
    ),
    1000,
    'a list of at least one server',
  ).describe(
    "nginx's server parameters, word for word; a demo backend is started for each, unless they run already.",
  ),
  backends: oneOf('demo', 'running')
    .default('demo')
    .describe(
      'demo: lbbench starts a backend for each server; running: they are there already, lbbench only starts the balancer in front of them.',
    ),
  backend: section('a map such as { latency: 20ms, jitter: 10ms, slots: 8 }', behaviour)
    .default({})
    .describe('How the demo backends behave, unless a server says otherwise.'),
  proxy: proxy
    .optional()
    .describe("How the balancer passes requests and answers on; what is left out is as by nginx's defaults."),
  events: listOf(
    section('a map such as { at: 2s, backend: 127.0.0.1:8002, do: stop }', {
      at: duration.describe('When, since the start of the run.'),
      backend: text('the address of one of the servers', 256).describe('Address of one of the servers.'),
      do: oneOf('stop', 'start', 'hang', 'slow', 'error').describe('What happens to it.'),
    }),
    1000,
    'a list of events such as { at: 2s, backend: 127.0.0.1:8002, do: stop }',
  )
    .default([])
    .describe('A failover drill: what happens to the demo backends during the run.'),
});
