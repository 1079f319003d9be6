import { type HostileServer, hostileServer, onRequest } from './hostile-server.js';

/** Bytes, and when they are written after the request has come. */
export interface Step {
  readonly atMs: number;
  readonly bytes: string | Uint8Array;
}

/** How a body is framed: by chunks, a step each, or by the end of the connection. */
export type Framing = 'chunked' | 'close';

export interface ByteScript extends HostileServer {
  /** When each step of each request was written, milliseconds after the request; as the server saw it. */
  readonly written: readonly (readonly number[])[];
}

/** A server that answers each request with exact bytes at exact times, or later than that where the machine is late: never before. */
export async function byteScript(
  steps: readonly Step[],
  {
    framing = 'chunked',
    fields = ['Content-Type: text/event-stream'],
    isCut = false,
  }: {
    readonly framing?: Framing;
    readonly fields?: readonly string[];
    /** Ends the connection in the middle of the body. */
    readonly isCut?: boolean;
  } = {},
): Promise<ByteScript> {
  const written: number[][] = [];
  const isChunked = framing === 'chunked';
  const server = await hostileServer((socket) => {
    socket.setNoDelay();
    onRequest(socket, () => {
      const times: number[] = [];
      written.push(times);
      const beganMs = performance.now();
      const framed = isChunked ? 'Transfer-Encoding: chunked' : 'Connection: close';
      socket.write(['HTTP/1.1 200 OK', 'X-Upstream: 127.0.0.1:8001', framed, ...fields, '', ''].join('\r\n'));
      const next = (index: number) => {
        const step = steps[index];
        if (step === undefined) {
          if (isCut || !isChunked) socket.end();
          else socket.write('0\r\n\r\n');
          return;
        }
        const leftMs = step.atMs - (performance.now() - beganMs);
        if (leftMs > 0) {
          setTimeout(next, leftMs, index);
          return;
        }
        const bytes = Buffer.from(step.bytes);
        const size = Buffer.from(`${bytes.length.toString(16)}\r\n`);
        socket.write(isChunked ? Buffer.concat([size, bytes, Buffer.from('\r\n')]) : bytes);
        times.push(performance.now() - beganMs);
        next(index + 1);
      };
      next(0);
    });
  });
  return Object.assign(server, { written });
}

/** An event of a chat completion, as servers write it. */
export function chunk(delta: object, more: object = {}): string {
  const choice = { index: 0, delta, logprobs: null, finish_reason: null };
  return event({ id: 'chatcmpl-1', object: 'chat.completion.chunk', choices: [choice], ...more });
}

export function event(data: object | string): string {
  return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}

export const role = chunk({ role: 'assistant', content: '' });
export const word = (content: string) => chunk({ content });
export const stop = event({
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
});
export const usage = (completion: number) =>
  event({
    object: 'chat.completion.chunk',
    choices: [],
    usage: {
      prompt_tokens: 20,
      completion_tokens: completion,
      prompt_tokens_details: { cached_tokens: 16 },
    },
  });
export const done = event('[DONE]');
