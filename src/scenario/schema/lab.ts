import { z } from 'zod';
import { parseServerLine } from '../../nginx/server-line.js';
import { parseDuration } from '../grammar/quantity.js';
import { grammar, integer, list, listOf, oneOf, section, text, yesNo } from './leaf.js';

const serverLine = grammar("nginx's server parameters such as 127.0.0.1:8001 weight=3", parseServerLine);
const duration = grammar('a time such as 20ms', parseDuration);

const behaviour = {
  latency: duration.optional().describe('How long an answer takes, such as 20ms (default 0ms).'),
  jitter: duration
    .optional()
    .describe('An answer takes up to this much longer or shorter, drawn at random (default 0ms).'),
  slots: integer(1, 1_000_000)
    .optional()
    .describe('Requests worked on at once; others queue. No limit when left out.'),
};

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
        })),
        section("a map such as { server: '127.0.0.1:8001 weight=3', latency: 50ms }", {
          server: serverLine.describe("nginx's server parameters, word for word."),
          ...behaviour,
        }),
      ],
      { error: "nginx's server parameters or a map with server, latency, jitter and slots" },
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
