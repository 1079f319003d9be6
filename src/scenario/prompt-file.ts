import type { PromptTexts } from '../model/llm.js';
import { shown } from '../text/shown.js';

export type PromptFormat = 'sharegpt' | 'jsonl';

/** One question and what was answered. */
interface Turn {
  readonly question: string;
  readonly answer: string;
  /** 0 for not known. */
  readonly outputTokens: number;
}

/** A conversation; none where the record has nothing to ask. */
type Read =
  | { readonly ok: true; readonly turns: readonly Turn[] }
  | { readonly ok: false; readonly message: string; readonly hint?: string };

/** What the texts of one file may take in memory. */
const mostBytes = 256 * 1024 * 1024;

/** English text has about so many tokens a word. */
const tokensPerWord = 1.3;

/** Those that vLLM's benchmark leaves out of ShareGPT: very short and very long ones. */
const kept = { leastTokens: 4, mostPromptTokens: 1024, mostTokens: 2048 };

/** By the first character that is none between values. */
export function promptFormatOf(piece: Uint8Array): PromptFormat | undefined {
  const first = /[^\s\ufeff]/.exec(Buffer.from(piece.subarray(0, 4096)).toString('utf8'))?.[0];
  return first === '[' ? 'sharegpt' : first === '{' ? 'jsonl' : undefined;
}

/** Reads one conversation of a prompt file. */
export function readConversation(text: string, format: PromptFormat): Read {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, message: `expected JSON, got ${shown(text, 40)}` };
  }
  if (isMap(value)) {
    if (format === 'sharegpt' || Array.isArray(value.conversations)) return ofShareGpt(value);
    return ofRecord(value);
  }
  return { ok: false, message: `expected a map, got ${shown(text, 40)}` };
}

function ofShareGpt({ conversations }: Record<string, unknown>): Read {
  if (!Array.isArray(conversations)) {
    return {
      ok: false,
      message: 'expected a map with conversations, got one without',
      hint: 'ShareGPT has [{ "conversations": [{ "from": "human", "value": "…" }, …] }, …]; prompts a line are read with format: jsonl',
    };
  }
  const said = conversations.flatMap((one) =>
    isMap(one) && typeof one.value === 'string' ? [{ isUser: isUser(one.from), text: one.value }] : [],
  );
  const turns = turnsOf(said).filter(({ answer }) => answer !== '');
  const [first] = turns;
  if (first === undefined) return { ok: true, turns: [] };
  const promptTokens = tokensOf(first.question);
  const isKept =
    promptTokens >= kept.leastTokens &&
    first.outputTokens >= kept.leastTokens &&
    promptTokens <= kept.mostPromptTokens &&
    promptTokens + first.outputTokens <= kept.mostTokens;
  return { ok: true, turns: isKept ? turns : [] };
}

/** One line: vLLM's custom data set, aiperf's single and several turns, OpenAI's batches. */
function ofRecord(record: Record<string, unknown>): Read {
  const { prompt, text, turns, messages, body } = record;
  if (isMap(body)) return ofRecord(body);
  const output = record.output_tokens ?? record.max_completion_tokens ?? record.max_tokens;
  const outputTokens = typeof output === 'number' && Number.isInteger(output) && output > 0 ? output : 0;
  const single = typeof prompt === 'string' ? prompt : typeof text === 'string' ? text : undefined;
  if (single !== undefined) {
    return { ok: true, turns: single.trim() === '' ? [] : [{ question: single, answer: '', outputTokens }] };
  }
  if (Array.isArray(turns)) {
    const questions = turns.map((turn) => (isMap(turn) ? turn.text : turn));
    if (questions.every((question) => typeof question === 'string')) {
      return { ok: true, turns: questions.map((question) => ({ question, answer: '', outputTokens })) };
    }
  }
  if (Array.isArray(messages)) {
    const said = messages.flatMap((one) =>
      isMap(one) && typeof one.content === 'string'
        ? [{ isUser: one.role !== 'assistant', text: one.content }]
        : [],
    );
    const read = turnsOf(said);
    if (read.length > 0) {
      return { ok: true, turns: read.map((turn) => (outputTokens === 0 ? turn : { ...turn, outputTokens })) };
    }
  }
  return {
    ok: false,
    message: `expected a prompt, got a map with ${
      Object.keys(record)
        .slice(0, 5)
        .map((key) => shown(key, 20))
        .join(', ') || 'nothing'
    }`,
    hint: 'a line is { "prompt": "…", "output_tokens": 100 }, { "text": "…" }, { "turns": […] }, { "messages": […] } or { "body": {…} }',
  };
}

/** What the user says becomes one question until somebody answers. */
function turnsOf(said: readonly { readonly isUser: boolean; readonly text: string }[]): readonly Turn[] {
  const turns: Turn[] = [];
  let question: string | undefined;
  for (const { isUser: asks, text } of said) {
    if (asks) question = question === undefined ? text : `${question}\n\n${text}`;
    else if (question !== undefined) {
      turns.push({ question, answer: text, outputTokens: tokensOf(text) });
      question = undefined;
    }
  }
  if (question !== undefined) turns.push({ question, answer: '', outputTokens: 0 });
  return turns;
}

function isUser(from: unknown): boolean {
  return from === 'human' || from === 'user' || from === 'system';
}

function tokensOf(text: string): number {
  const words = text.match(/\S+/g)?.length ?? 0;
  return Math.ceil(words * tokensPerWord);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Gathers conversations, in memory that grows with what is kept of them. */
export class PromptGatherer {
  readonly #firstTurns: number[] = [];
  readonly #ends: number[] = [];
  readonly #outputTokens: number[] = [];
  #bytes = Buffer.allocUnsafe(64 * 1024);
  #length = 0;

  get conversations(): number {
    return this.#firstTurns.length;
  }

  /** False when there is no room for it. */
  add(turns: readonly Turn[]): boolean {
    if (turns.length === 0) return true;
    this.#firstTurns.push(this.#outputTokens.length);
    for (const { question, answer, outputTokens } of turns) {
      if (!this.#write(question) || !this.#write(answer)) return false;
      this.#outputTokens.push(outputTokens);
    }
    return true;
  }

  /** One copy for all threads. */
  texts(file: string): PromptTexts {
    const bytes = new Uint8Array(new SharedArrayBuffer(this.#length));
    bytes.set(this.#bytes.subarray(0, this.#length));
    return {
      file,
      bytes,
      firstTurns: shared(this.#firstTurns),
      ends: shared(this.#ends),
      outputTokens: shared(this.#outputTokens),
    };
  }

  #write(text: string): boolean {
    const json = JSON.stringify(text).slice(1, -1);
    const size = Buffer.byteLength(json);
    if (this.#length + size > mostBytes) return false;
    while (this.#length + size > this.#bytes.length) {
      this.#bytes = Buffer.concat([this.#bytes], Math.min(2 * this.#bytes.length, mostBytes));
    }
    this.#length += this.#bytes.write(json, this.#length);
    this.#ends.push(this.#length);
    return true;
  }
}

/** What there is room for, in bytes. */
export const mostPromptBytes = mostBytes;

function shared(numbers: readonly number[]): Uint32Array {
  const array = new Uint32Array(new SharedArrayBuffer(4 * numbers.length));
  array.set(numbers);
  return array;
}
