#!/usr/bin/env node
/**
 * What an event of a language model's stream costs a reader, without any socket: lbbench's own beside what a plain
 * reader in Node does, which is a parser of event streams and `JSON.parse`. Prints events a second on one thread.
 *
 *     node bench/streams.js [--streams 200 --events 500 --rounds 5]
 */
import { parseArgs } from 'node:util';
import { createParser } from 'eventsource-parser';
import { builtApart } from '../build/apart.js';

const { StreamObserver } = await import(await builtApart('stream/stream-observer'));

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '200' },
    events: { type: 'string', default: '500' },
    rounds: { type: 'string', default: '5' },
  },
});
const [streams, events, rounds] = [values.streams, values.events, values.rounds].map(Number);

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
