/** What an event carries for the reader; added up where it carries both. */
export const Output = { none: 0, reasoning: 1, answer: 2 } as const;

/** How many tokens a request took and made, as the server counts them. */
export interface Usage {
  readonly prompt: number;
  readonly completion: number;
  /** Of the prompt, found in the server's cache; `undefined` where it does not say. */
  readonly cached: number | undefined;
  /** Of the completion, spent on reasoning; `undefined` where it does not say. */
  readonly reasoning: number | undefined;
}

/** What one event of OpenAI's chat or text completions says. */
export interface Chunk {
  /** False for JSON of another kind, of which nothing else is known. */
  readonly isCompletion: boolean;
  /** Bits of `Output`. */
  readonly output: number;
  /** Of each choice in it, which one it is and whether it has come to its end. */
  readonly choices: readonly { readonly index: number; readonly isFinished: boolean }[];
  /** `undefined` where it says nothing of it. */
  readonly usage: Usage | undefined;
  /** The server's words, of an event that carries an error. */
  readonly error: string | undefined;
}

/** Of tokens: more than this is nonsense, and no sum of them may lose its units. */
const largestCount = 1e9;
/** A choice of a higher number is taken for nonsense. */
const mostChoices = 1024;

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads an event's data; `undefined` when that is not JSON, or not an object. Output is any text that is not empty in
 * `content`, `reasoning`, `reasoning_content`, `refusal` or `text`, and a call of a tool; a role alone is none.
 */
export function readChunk(data: string): Chunk | undefined {
  let json: unknown;
  try {
    json = JSON.parse(data);
  } catch {
    return undefined;
  }
  return isObject(json) ? chunkOf(json) : undefined;
}

function chunkOf(json: Json): Chunk {
  const { choices, object } = json;
  const usage = usageOf(json);
  const error = json.error === undefined || json.error === null ? undefined : errorText(json.error);
  const isNamed =
    typeof object === 'string' && (object.startsWith('chat.completion') || object === 'text_completion');
  const listed = Array.isArray(choices) ? choices.filter(isObject) : [];
  return {
    isCompletion: Array.isArray(choices) || isNamed || usage !== undefined || error !== undefined,
    output: listed.reduce((bits, choice) => bits | outputOf(choice), 0),
    choices: listed.map((choice, place) => ({
      index: isCount(choice.index) && choice.index < mostChoices ? choice.index : place,
      isFinished: choice.finish_reason !== undefined && choice.finish_reason !== null,
    })),
    usage,
    error,
  };
}

/** The tokens that an answer which is no stream says it took. */
export function usageOfText(text: string): Usage | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return isObject(json) ? usageOf(json) : undefined;
  } catch {
    return undefined;
  }
}

function usageOf({ usage }: Json): Usage | undefined {
  if (!isObject(usage)) return undefined;
  const { prompt_tokens: prompt, completion_tokens: completion } = usage;
  if (!isCount(prompt) || !isCount(completion)) return undefined;
  return {
    prompt,
    completion,
    cached: countIn(usage.prompt_tokens_details, 'cached_tokens'),
    reasoning: countIn(usage.completion_tokens_details, 'reasoning_tokens'),
  };
}

function outputOf(choice: Json): number {
  const delta = isObject(choice.delta) ? choice.delta : {};
  const isAnswer =
    isText(choice.text) ||
    isText(delta.content) ||
    isText(delta.refusal) ||
    (Array.isArray(delta.tool_calls) && delta.tool_calls.length > 0) ||
    isObject(delta.function_call);
  const isReasoning = isText(delta.reasoning_content) || isText(delta.reasoning);
  return (isAnswer ? Output.answer : 0) | (isReasoning ? Output.reasoning : 0);
}

/** The server's own words where it has any. */
export function errorText(error: unknown): string {
  if (isText(error)) return error;
  if (!isObject(error)) return 'error';
  const { message, code, type } = error;
  const name = [message, code, type].find((part) => isText(part) || typeof part === 'number');
  return name === undefined ? 'error' : String(name);
}

function countIn(details: unknown, name: string): number | undefined {
  const value = isObject(details) ? details[name] : undefined;
  return isCount(value) ? value : undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= largestCount;
}
