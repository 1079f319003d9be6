import { TokenReader, type Tokens } from './tokens.js';

/** OpenAI's two ways to ask for text. */
export type Api = 'chat' | 'completions';

/** What was asked for, once the body is complete. */
export interface Question {
  readonly api: Api;
  readonly model: string;
  readonly prompt: Tokens;
  readonly outputTokens: number;
  /** Whether the answer ends because it may not go on (`length`) or because it is at its end (`stop`). */
  readonly finish: 'length' | 'stop';
  readonly isStream: boolean;
  readonly includeUsage: boolean;
  /** Whether every chunk tells the usage so far (vLLM's `continuous_usage_stats`). */
  readonly continuousUsage: boolean;
}

export type Asked =
  | { readonly ok: true; readonly question: Question }
  | { readonly ok: false; readonly message: string };

/** Of a prompt, of an answer: what is longer is refused. */
const mostTokens = 1_000_000;
/** When nobody says how long an answer may be, it ends by itself here. */
const defaultOutputTokens = 128;

/** Reads a request body. Whatever is wrong with it becomes one sentence. */
export function readQuestion(api: Api, body: string, blockTokens: number): Asked {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { ok: false, message: 'expected JSON' };
  }
  if (!isMap(value)) return { ok: false, message: 'expected a JSON object' };
  const { model, max_tokens, max_completion_tokens, stream, stream_options: options, n } = value;
  if (typeof model !== 'string') return wrong('a model', 'model', model);
  if (n !== undefined && n !== null && n !== 1) return wrong('one choice', 'n', n);
  const most = max_completion_tokens ?? max_tokens ?? undefined;
  if (most !== undefined && !isCount(most)) {
    return wrong(`a number of tokens from 1 to ${mostTokens}`, 'max_tokens', most);
  }
  const reader = new TokenReader(blockTokens);
  const problem = api === 'chat' ? readMessages(value.messages, reader) : readPrompt(value.prompt, reader);
  if (problem !== undefined) return { ok: false, message: problem };
  if (reader.tokens.count === 0) return { ok: false, message: 'expected a prompt of at least one word' };
  if (reader.tokens.count > mostTokens) {
    return {
      ok: false,
      message: `expected a prompt of at most ${mostTokens} tokens, got ${reader.tokens.count}`,
    };
  }
  const asks = isMap(options) ? options : {};
  return {
    ok: true,
    question: {
      api,
      model: model.slice(0, 200),
      prompt: reader.tokens,
      outputTokens: most ?? defaultOutputTokens,
      finish: most === undefined ? 'stop' : 'length',
      isStream: stream === true,
      includeUsage: asks.include_usage === true,
      continuousUsage: asks.continuous_usage_stats === true,
    },
  };
}

function readMessages(messages: unknown, reader: TokenReader): string | undefined {
  if (!Array.isArray(messages) || messages.length === 0)
    return 'messages: expected a list of at least one message';
  for (const message of messages) {
    const content: unknown = isMap(message) ? message.content : undefined;
    const parts = Array.isArray(content)
      ? content.map((part) => (isMap(part) ? part.text : part))
      : [content];
    for (const part of parts) {
      if (typeof part !== 'string') return 'messages: expected a text as the content of each message';
      reader.add(part);
    }
  }
  return undefined;
}

function readPrompt(prompt: unknown, reader: TokenReader): string | undefined {
  const text = Array.isArray(prompt) && prompt.length === 1 ? prompt[0] : prompt;
  if (typeof text !== 'string') return 'prompt: expected one text';
  reader.add(text);
  return undefined;
}

function wrong(expected: string, key: string, got: unknown): Asked {
  const text = (JSON.stringify(got) ?? 'nothing').slice(0, 60);
  return { ok: false, message: `${key}: expected ${expected}, got ${text}` };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= mostTokens;
}

/** Tokens of one answer so far. */
export interface Usage {
  readonly prompt: number;
  readonly completion: number;
  readonly cached: number;
  readonly reasoning: number;
}

/** OpenAI's `usage`. */
export function usageJson({ prompt, completion, cached, reasoning }: Usage): object {
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
}

/** What a chunk says: who speaks, a piece of output, or that there is no more. */
export type Piece =
  | { readonly kind: 'role' }
  | { readonly kind: 'text' | 'reasoning'; readonly text: string }
  | { readonly kind: 'finish'; readonly reason: 'length' | 'stop' };

/** The choices of a chunk. */
export function choiceOf(api: Api, piece: Piece): object {
  const reason = piece.kind === 'finish' ? piece.reason : null;
  if (api === 'completions') {
    return { index: 0, text: 'text' in piece ? piece.text : '', logprobs: null, finish_reason: reason };
  }
  return { index: 0, delta: deltaOf(piece), logprobs: null, finish_reason: reason };
}

function deltaOf(piece: Piece): object {
  switch (piece.kind) {
    case 'role':
      return { role: 'assistant', content: '' };
    case 'reasoning':
      return { reasoning_content: piece.text };
    case 'text':
      return { content: piece.text };
    case 'finish':
      return {};
  }
}

/** What all parts of an answer begin with. */
export function envelope(id: number, { api, model }: Question, isChunk: boolean, createdSec: number): object {
  return {
    id: `${api === 'chat' ? 'chatcmpl' : 'cmpl'}-${id}`,
    object: api === 'chat' ? `chat.completion${isChunk ? '.chunk' : ''}` : 'text_completion',
    created: createdSec,
    model,
  };
}

/** The choice of an answer that is no stream. */
export function wholeChoice(api: Api, text: string, reasoning: string, reason: 'length' | 'stop'): object {
  if (api === 'completions') return { index: 0, text, logprobs: null, finish_reason: reason };
  const said = reasoning === '' ? {} : { reasoning_content: reasoning };
  return {
    index: 0,
    message: { role: 'assistant', content: text, ...said },
    logprobs: null,
    finish_reason: reason,
  };
}

/** An error as OpenAI's API says it. */
export function errorJson(message: string, type: string, code: number): object {
  return { error: { message, type, param: null, code } };
}
