#!/usr/bin/env node
/**
 * What an event of a language model's stream costs a reader. First without any socket: lbbench's own beside what a plain
 * reader in Node does, which is a parser of event streams and `JSON.parse`; events a second on one thread. Then as whole processes over
 * loopback, beside curl, which looks at nothing: processor time for each event. Last many streams at an easy pace, with what
 * lbbench itself was late.
 *
 *     node bench/streams.js [--streams 200 --events 500 --rounds 5 --many 5000]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createParser } from 'eventsource-parser';
import { builtApart } from '../build/apart.js';
import { measure } from './side-by-side/process.js';

const { StreamObserver } = await import(await builtApart('stream/stream-observer'));

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '200' },
    events: { type: 'string', default: '500' },
    rounds: { type: 'string', default: '5' },
    many: { type: 'string', default: '5000' },
  },
});
const [streams, events, rounds, many] = [values.streams, values.events, values.rounds, values.many].map(
  Number,
);

const words = ['Hello', ' world', '\\n', ' über', '!', ' the', ' and "so"'];
const chunk = (stream, content, more = '') =>
  `data: {"id":"chatcmpl-${stream}","object":"chat.completion.chunk","created":1760000000,"model":"meta-llama/Llama-3.1-8B-Instruct","choices":[{"index":0,"delta":{"content":${JSON.stringify(content)}},"logprobs":null,"finish_reason":null}]${more}}\n\n`;

/** The reads of one stream, an event each; `continuous` says the usage so far in each, which no chunk has in common. */
function readsOf(stream, continuous) {
  const reads = Array.from({ length: events }, (_, i) =>
    chunk(
      stream,
      words[i % words.length],
      continuous ? `,"usage":{"prompt_tokens":9,"total_tokens":${i + 9},"completion_tokens":${i}}` : '',
    ),
  );
  return [...reads, 'data: [DONE]\n\n'].map((text) => Buffer.from(text));
}

function own(all) {
  const observer = new StreamObserver();
  let output = 0;
  for (const reads of all) {
    observer.reset();
    reads.forEach((bytes, i) => {
      observer.append(bytes, 0, bytes.length);
      observer.endRead(i);
    });
    output += observer.outputEvents;
  }
  return output;
}

function plain(all) {
  let output = 0;
  for (const reads of all) {
    const decoder = new TextDecoder();
    const parser = createParser({
      onEvent: ({ data }) => {
        if (data !== '[DONE]' && JSON.parse(data).choices[0]?.delta.content) output++;
      },
    });
    for (const bytes of reads) parser.feed(decoder.decode(bytes, { stream: true }));
  }
  return output;
}

for (const continuous of [false, true]) {
  const all = Array.from({ length: streams }, (_, stream) => readsOf(stream, continuous));
  console.log(continuous ? 'with usage in every chunk' : 'chunks that differ in their text');
  for (const [name, read] of Object.entries({ lbbench: own, plain })) {
    let best = 0;
    for (let round = 0; round < rounds; round++) {
      const before = performance.now();
      const output = read(all);
      if (output !== streams * events) throw new Error(`${name} saw ${output} of ${streams * events}`);
      best = Math.max(best, output / ((performance.now() - before) / 1000));
    }
    console.log(`  ${name.padEnd(8)} ${Math.round(best).toLocaleString('en')} events/s`);
  }
}

const here = (file) => new URL(file, import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'lbbench-streams-'));
const saved = join(folder, 'report.json');

/** Serves such streams for as long as `use` takes. */
async function served(eventsOfStream, intervalMs, use) {
  const server = spawn(process.execPath, [
    here('side-by-side/stream-server.js'),
    String(eventsOfStream),
    String(intervalMs),
  ]);
  const [port] = await once(server.stdout, 'data');
  try {
    return await use(`http://127.0.0.1:${Number(port)}/`);
  } finally {
    server.kill();
    await once(server, 'exit');
  }
}

const lbbench = (url, count) => [
  ...[process.execPath, here('../bin/lbbench.js'), 'run', url],
  ...['-n', String(count), '-c', String(count), '--quiet', '--export-json', saved, '--reports', folder],
];

/** Processor time for each event of a command that reads so many, in microseconds. */
async function costOf(command, output) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < Math.min(3, rounds); round++) {
    const { cpuUs } = await measure({ command, read: () => ({ requests: output, perSec: 1 }) });
    best = Math.min(best, cpuUs);
  }
  return best;
}

const few = 50;
const long = 4000;
console.log(`whole processes, ${few} streams of ${long} events at full speed`);
await served(long, 0, async (url) => {
  const commands = {
    lbbench: lbbench(url, few),
    plain: [process.execPath, here('side-by-side/stream-reader.js'), url, String(few)],
    curl: [
      'curl',
      '-sN',
      '--parallel',
      '--parallel-max',
      String(few),
      ...Array(few).fill(['-o', '/dev/null', url]).flat(),
    ],
  };
  for (const [name, command] of Object.entries(commands)) {
    const us = await costOf(command, few * long);
    console.log(`  ${name.padEnd(8)} ${us.toFixed(2)} µs of processor an event`);
  }
});

console.log(`${many} streams of 20 events a second`);
await served(100, 50, async (url) => {
  const us = await costOf(lbbench(url, many), many * 100);
  const { llm, lagMs } = JSON.parse(readFileSync(saved, 'utf8')).runs[0];
  console.log(
    `  lbbench  ${us.toFixed(2)} µs of processor an event, late by ${lagMs?.p99?.toFixed(1)} ms at p99`,
  );
  console.log(
    `           gap p50 ${llm.gapMs.p50} ms, p99 ${llm.gapMs.p99} ms; ${llm.eventsPerRead.mean.toFixed(2)} events a read`,
  );
});
rmSync(folder, { recursive: true });
