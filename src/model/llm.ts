/*
 * Questions to language models, as a plan has them: what is drawn for each request from its number and the seed. It survives a
 * structured clone, and what is large lies in memory that threads share.
 */

/** A body that asks a language model by one of OpenAI's two APIs. */
export interface LlmBody {
  readonly kind: 'llm';
  readonly api: 'chat' | 'completions';
  /** JSON of the members that are the same in each request, without the braces around them. */
  readonly members: string;
  readonly prompt: PromptSource;
  /** How long an answer may be; `undefined` for as long as the source of the prompts says, or the model likes. */
  readonly output: Lengths | undefined;
  /** The member that says so: `max_completion_tokens`; `undefined` where the user's own members do. */
  readonly outputMember: string | undefined;
  /** An answer has just so many tokens: adds `ignore_eos` and `min_tokens`, which vLLM knows. */
  readonly isExact: boolean;
}

/** Lengths in tokens, drawn for each request. At least 1. */
export type Lengths =
  | { readonly kind: 'fixed'; readonly tokens: number }
  | { readonly kind: 'uniform'; readonly min: number; readonly max: number }
  | { readonly kind: 'normal'; readonly mean: number; readonly stddev: number }
  | { readonly kind: 'lognormal'; readonly median: number; readonly sigma: number };

/** Where prompts come from. */
export type PromptSource =
  /** Words are drawn. */
  | { readonly kind: 'drawn'; readonly tokens: Lengths; readonly prefix: SharedPrefix | undefined }
  /** Of a file, one conversation after another. */
  | { readonly kind: 'texts'; readonly texts: PromptTexts; readonly prefix: SharedPrefix | undefined }
  /** Words, as many as the trace says, and the same ones where it says that they were the same. */
  | { readonly kind: 'trace'; readonly trace: Trace };

/** Beginnings that prompts have in common, such as system prompts. */
export interface SharedPrefix {
  readonly count: number;
  readonly tokens: number;
  /** The n-th is as frequent as 1 / n to this power; 0 for all alike. */
  readonly zipf: number;
}

/** The conversations of a prompt file; turns lie one behind the other. */
export interface PromptTexts {
  /** As the scenario names it. */
  readonly file: string;
  /** Index of the first turn of each conversation. */
  readonly firstTurns: Uint32Array;
  /** What the user says and what was answered, turn by turn, as JSON strings without quotes, in UTF-8. */
  readonly bytes: Uint8Array;
  /** Where each of them ends in `bytes`: two a turn. */
  readonly ends: Uint32Array;
  /** Tokens of each answer, as far as the file tells; 0 for what it does not. */
  readonly outputTokens: Uint32Array;
}

/** Requests that a service has had. */
export interface Trace {
  /** As the scenario names it. */
  readonly file: string;
  /** When each came, since the first, in microseconds; ascending. */
  readonly dueUs: Float64Array;
  readonly inputTokens: Uint32Array;
  readonly outputTokens: Uint32Array;
  /** Prompts in blocks of which equal ids are equal text; `undefined` when the trace does not tell. */
  readonly blocks:
    | { readonly tokens: number; readonly ids: Uint32Array; readonly ends: Uint32Array }
    | undefined;
}
