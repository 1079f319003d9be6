import { createConnection } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { DemoBackend } from '../../../src/lab/backend/server.js';
import type { InferenceBehaviour } from '../../../src/model/plan.js';
import { freePorts } from '../free-port.js';
import { inference } from '../inference-lab.js';

const fast = inference({ cacheTokens: 4096, speed: 100 });

const started: DemoBackend[] = [];

async function start(
  changes: Partial<InferenceBehaviour> = {},
): Promise<{ backend: DemoBackend; address: string }> {
  const address = `127.0.0.1:${(await freePorts(1))[0]}`;
  const behaviour = { latencyMs: 0, jitterMs: 0, slots: undefined, llm: { ...fast, ...changes } };
  const backend = new DemoBackend({ address, behaviour, seed: 1 });
  await backend.listen();
  started.push(backend);
  return { backend, address };
}

afterEach(() => {
  for (const backend of started.splice(0)) backend.close();
});

const chat = { model: 'm', messages: [{ role: 'user', content: 'one two three' }], max_tokens: 5 };
const streamed = { stream: true, stream_options: { include_usage: true } };

function post(address: string, path: string, body: unknown): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(`http://${address}${path}`, { method: 'POST', body: text });
}

interface TokenUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly prompt_tokens_details: { readonly cached_tokens: number };
}

interface Choice {
  readonly delta?: Record<string, string>;
  readonly message?: Record<string, string>;
  readonly text?: string;
  readonly finish_reason: string | null;
}

/** A chunk, or a whole answer. */
interface Chunk {
  readonly choices: readonly Choice[] | null;
  readonly usage?: TokenUsage | null;
  readonly error?: { readonly message: string };
}

async function whole(response: Promise<Response>): Promise<Chunk> {
  return (await (await response).json()) as Chunk;
}

/** The data of each event. */
function events(text: string): readonly string[] {
  return [...text.matchAll(/^data: (.*)\n\n/gm)].map((match) => match[1] as string);
}

function chunks(text: string): readonly Chunk[] {
  return events(text).flatMap((data) => (data === '[DONE]' ? [] : [JSON.parse(data) as Chunk]));
}

async function metrics(address: string): Promise<Record<string, number>> {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  return Object.fromEntries(
    [...text.matchAll(/^vllm:(\w+)\{.*\} (.*)$/gm)].map(([, name, value]) => [name, Number(value)]),
  );
}

describe('a demo inference server', () => {
  it('streams a chat: who speaks, a token an event, why it ended, its usage, [DONE]', async () => {
    const { address } = await start();
    const response = await post(address, '/v1/chat/completions', { ...chat, ...streamed });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const text = await response.text();
    expect(events(text).at(-1)).toBe('[DONE]');
    const [role, ...rest] = chunks(text);
    expect(role?.choices?.[0]?.delta).toEqual({ role: 'assistant', content: '' });
    const said = rest.slice(0, 5).map(({ choices }) => choices?.[0]?.delta?.content?.trim().split(' '));
    expect(said.map((words) => words?.length)).toEqual([1, 1, 1, 1, 1]);
    expect(rest[5]?.choices?.[0]).toMatchObject({ delta: {}, finish_reason: 'length' });
    expect(rest[6]).toMatchObject({
      choices: [],
      usage: {
        prompt_tokens: 3,
        completion_tokens: 5,
        total_tokens: 8,
        prompt_tokens_details: { cached_tokens: 0 },
      },
    });
    expect(rest).toHaveLength(7);
  });

  it('answers whole where no stream is asked for, in both of its APIs', async () => {
    const { address } = await start();
    const one = await whole(post(address, '/v1/chat/completions', chat));
    expect(one.choices?.[0]?.message?.content?.split(' ')).toHaveLength(5);
    expect(one.usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 5 });
    const other = await whole(post(address, '/v1/completions', { model: 'm', prompt: 'a b', max_tokens: 2 }));
    expect(other.choices?.[0]?.text?.split(' ')).toHaveLength(2);
    expect(other.usage).toMatchObject({ prompt_tokens: 2, completion_tokens: 2 });
    const stream = await post(address, '/v1/completions', {
      model: 'm',
      prompt: 'a b',
      max_tokens: 2,
      ...streamed,
    });
    const texts = chunks(await stream.text()).flatMap(
      ({ choices }) => choices?.map(({ text }) => text) ?? [],
    );
    expect(texts).toHaveLength(3);
    expect(texts.join('').trim()).toBe(other.choices?.[0]?.text);
  });

  it('counts in the names of vLLM exactly what it has told its clients', async () => {
    const { address } = await start({ slots: 3 });
    const long = Array.from({ length: 100 }, (_, index) => `w${index}`).join(' ');
    const usages = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const messages = [{ role: 'user', content: `${long} ${index}` }];
        const body = {
          model: 'demo "1"',
          messages,
          max_completion_tokens: index + 1,
          ...(index % 2 === 0 ? streamed : {}),
        };
        const response = await post(address, '/v1/chat/completions', body);
        if (index % 2 === 1) return ((await response.json()) as Chunk).usage;
        return chunks(await response.text()).at(-1)?.usage;
      }),
    );
    const sum = (of: (usage: TokenUsage) => number) =>
      usages.reduce((total, usage) => total + (usage ? of(usage) : Number.NaN), 0);
    const cached = sum(({ prompt_tokens_details }) => prompt_tokens_details.cached_tokens);
    expect(await metrics(address)).toMatchObject({
      prompt_tokens_total: 12 * 101,
      generation_tokens_total: sum(({ completion_tokens }) => completion_tokens),
      prefix_cache_queries_total: 12 * 101,
      prefix_cache_hits_total: cached,
      request_success_total: 12,
      num_requests_running: 0,
      num_requests_waiting: 0,
    });
    expect(sum(({ completion_tokens }) => completion_tokens)).toBe(78);
    // The first begins alone; the others find the 96 tokens of its whole blocks.
    expect(cached).toBe(11 * 96);
  });

  it('dies in the middle when told to: what was said before arrives, the end does not', async () => {
    const { address } = await start({ cut: { every: 2, afterTokens: 3 } });
    const first = await post(address, '/v1/chat/completions', { ...chat, ...streamed });
    expect(events(await first.text()).at(-1)).toBe('[DONE]');
    const second = await post(address, '/v1/chat/completions', { ...chat, ...streamed });
    expect(second.status).toBe(200);
    let seen = '';
    const reading = (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of second.body as ReadableStream<Uint8Array>) seen += decoder.decode(chunk);
    })();
    await expect(reading).rejects.toThrow();
    expect(chunks(seen).filter(({ choices }) => choices?.[0]?.delta?.content)).toHaveLength(3);
    expect((await metrics(address)).generation_tokens_total).toBe(5 + 3);
  });

  it('says an error in a stream of status 200 when told to', async () => {
    const { address } = await start({ error: { every: 1, afterTokens: 2 } });
    const stream = await post(address, '/v1/chat/completions', { ...chat, ...streamed });
    expect(stream.status).toBe(200);
    const text = await stream.text();
    expect(chunks(text).at(-1)?.error?.message).toBe('the engine has died');
    expect(chunks(text)).toHaveLength(4);
    expect((await post(address, '/v1/chat/completions', chat)).status).toBe(500);
  });

  it('reasons first, and puts several tokens into an event', async () => {
    const { address } = await start({
      reasoningTokens: 3,
      tokensPerEvent: 2,
      usage: 'null-choices',
      role: 'none',
    });
    const text = await (await post(address, '/v1/chat/completions', { ...chat, ...streamed })).text();
    const deltas = chunks(text).map(({ choices }) => Object.keys(choices?.[0]?.delta ?? {}));
    // Three tokens of reasoning and two of the answer make 2, 1 + 1, 1.
    expect(deltas).toEqual([['reasoning_content'], ['reasoning_content'], ['content'], ['content'], [], []]);
    expect(chunks(text).at(-1)).toMatchObject({
      choices: null,
      usage: { completion_tokens: 5, completion_tokens_details: { reasoning_tokens: 3 } },
    });
  });

  it('tells the usage so far in each chunk to who asks for it, and nothing to who does not', async () => {
    const { address } = await start();
    const options = { include_usage: true, continuous_usage_stats: true };
    const body = { ...chat, stream: true, stream_options: options };
    const told = chunks(await (await post(address, '/v1/chat/completions', body)).text());
    expect(told.map(({ usage }) => usage?.completion_tokens)).toEqual([1, 1, 2, 3, 4, 5, 5, 5]);
    const untold = chunks(
      await (await post(address, '/v1/chat/completions', { ...chat, stream: true })).text(),
    );
    expect(untold.map((chunk) => 'usage' in chunk)).toEqual(Array(7).fill(false));
  });

  it.each([
    ['no JSON', '{', 'expected JSON'],
    ['no model', { messages: [] }, 'model: expected a model, got nothing'],
    ['no message', { model: 'm', messages: [] }, 'messages: expected a list of at least one message'],
    [
      'no content',
      { model: 'm', messages: [{}] },
      'messages: expected a text as the content of each message',
    ],
    ['no word', { model: 'm', messages: [{ content: ' ' }] }, 'expected a prompt of at least one word'],
    ['two choices', { ...chat, n: 2 }, 'n: expected one choice, got 2'],
    [
      'no tokens',
      { ...chat, max_tokens: 0 },
      'max_tokens: expected a number of tokens from 1 to 1000000, got 0',
    ],
  ])('refuses a request with %s as OpenAI does', async (_, body, message) => {
    const { address } = await start();
    const response = await post(address, '/v1/chat/completions', body);
    expect(response.status).toBe(400);
    expect(((await response.json()) as Chunk).error?.message).toBe(message);
  });

  it('stops working for a client that has gone', async () => {
    const { address } = await start({ speed: 1 });
    const body = JSON.stringify({ ...chat, max_tokens: 10_000, stream: true });
    const gone = new AbortController();
    const response = await fetch(`http://${address}/v1/chat/completions`, {
      method: 'POST',
      body,
      signal: gone.signal,
    });
    expect((await metrics(address)).num_requests_running).toBe(1);
    gone.abort();
    await response.text().catch(() => {});
    await expect.poll(async () => (await metrics(address)).num_requests_running).toBe(0);
  });

  it('is asked by HTTP/1.0 for a body whose end is that of the connection, as nginx does', async () => {
    const { address } = await start();
    const body = JSON.stringify({ ...chat, stream: true });
    const text = await new Promise<string>((resolve, reject) => {
      const [host, port] = address.split(':');
      const socket = createConnection({ host, port: Number(port) });
      let read = '';
      socket.setEncoding('utf8').on('data', (piece: string) => {
        read += piece;
      });
      socket.on('error', reject).on('close', () => resolve(read));
      socket.write(`POST /v1/chat/completions HTTP/1.0\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    });
    expect(text).not.toContain('ransfer-');
    expect(events(text.slice(text.indexOf('\r\n\r\n') + 4)).at(-1)).toBe('[DONE]');
  });

  it('counts no look at its metrics as a request', async () => {
    const { address, backend } = await start();
    await metrics(address);
    await post(address, '/v1/chat/completions', chat);
    expect(backend.received).toBe(1);
    expect(await (await fetch(`http://${address}/v1/models`)).json()).toMatchObject({ data: [{ id: 'm' }] });
  });
});
