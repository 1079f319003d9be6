#!/usr/bin/env node
/**
 * Streams chunks of a language model to whoever asks: `node stream-server.js EVENTS INTERVAL_MS`, where an interval of 0 is as fast
 * as the reader takes them. Prints its port.
 */
import { createServer } from 'node:http';

const [events, intervalMs] = process.argv.slice(2).map(Number);
const words = ['Hello', ' world', '\\n', ' über', '!', ' the', ' and'];
const chunks = words.map((word) =>
  Buffer.from(
    `data: {"id":"chatcmpl-7","object":"chat.completion.chunk","created":1760000000,"model":"meta-llama/Llama-3.1-8B-Instruct","choices":[{"index":0,"delta":{"content":"${word}"},"logprobs":null,"finish_reason":null}]}\n\n`,
  ),
);
const end = `data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":${events}}}\n\ndata: [DONE]\n\n`;

const server = createServer((request, response) => {
  request.resume();
  response.socket.setNoDelay();
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Upstream': '127.0.0.1:1' });
  let sent = 0;
  const more = () => {
    let isRoom = true;
    do isRoom = response.write(chunks[sent % chunks.length]);
    while (++sent < events && intervalMs === 0 && isRoom);
    if (sent === events) response.end(end);
    else if (intervalMs > 0) setTimeout(more, intervalMs);
    else response.once('drain', more);
  };
  // Not all at the same moment.
  setTimeout(more, intervalMs * Math.random());
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
