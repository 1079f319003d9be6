#!/usr/bin/env node
/** A plain reader of streams in Node: `node stream-reader.js URL STREAMS`, all at a time. Prints the events with output that it saw. */
import { Agent, get } from 'node:http';
import { createParser } from 'eventsource-parser';

const [url, streams] = process.argv.slice(2);
const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
let output = 0;

function read() {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      const parser = createParser({
        onEvent: ({ data }) => {
          if (data !== '[DONE]' && JSON.parse(data).choices[0]?.delta.content) output++;
        },
      });
      response.setEncoding('utf8');
      response.on('data', (text) => parser.feed(text));
      response.on('end', resolve);
    }).on('error', reject);
  });
}

const began = performance.now();
await Promise.all(Array.from({ length: Number(streams) }, read));
console.log(JSON.stringify({ output, seconds: (performance.now() - began) / 1000 }));
