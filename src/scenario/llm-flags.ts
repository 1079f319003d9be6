import type { Edits } from './overrides.js';

/** The flags of `lbbench llm`, in the words of vLLM's benchmark, as typed. */
export interface LlmFlags {
  readonly model?: string | undefined;
  /** `/v1/chat/completions` or `/v1/completions`, or a path that ends like one of them. */
  readonly endpoint?: string | undefined;
  readonly numPrompts?: string | undefined;
  /** Requests a second; `inf` for as soon as there is a place. */
  readonly requestRate?: string | undefined;
  readonly burstiness?: string | undefined;
  readonly maxConcurrency?: string | undefined;
  readonly datasetName?: string | undefined;
  readonly datasetPath?: string | undefined;
  readonly randomInputLen?: string | undefined;
  readonly randomOutputLen?: string | undefined;
  readonly randomRangeRatio?: string | undefined;
  readonly randomPrefixLen?: string | undefined;
  readonly ignoreEos?: boolean | undefined;
  /** `ttft:200`, `tpot:50`, `e2el:5000`; milliseconds. */
  readonly goodput?: readonly string[] | undefined;
  /** Name of the variable that holds the key. */
  readonly apiKeyEnv?: string | undefined;
}

/** Those of vLLM's benchmark. */
const defaults = { prompts: 1000, input: 1024, output: 128 };

/** Puts a request that asks a language model, and its load, where a scenario would say them. */
export function setLlmFlags(edits: Edits, flags: LlmFlags): void {
  const request = ['requests', 0];
  const llm = [...request, 'llm'];
  const { endpoint, requestRate } = flags;
  edits.set('--model', [...llm, 'model'], flags.model);
  if (endpoint !== undefined) {
    edits.set('--endpoint', [...request, 'path'], endpoint);
    edits.set('--endpoint', [...llm, 'api'], endpoint.endsWith('/chat/completions') ? 'chat' : 'completions');
  }
  for (const one of flags.goodput ?? []) {
    const [name = '', ms = ''] = one.split(':');
    edits.set(
      '--goodput',
      ['slo', name === 'e2el' ? 'e2e' : name],
      /^\d+(\.\d+)?$/.test(ms) ? `${ms}ms` : ms,
    );
  }
  setLoad(edits, flags, requestRate === undefined || requestRate === 'inf' ? undefined : requestRate);
  if (flags.datasetName === 'random') setRandom(edits, flags, llm);
  else {
    edits.set('--dataset-path', [...llm, 'prompts', 'file'], flags.datasetPath);
    edits.set('--dataset-name', [...llm, 'prompts', 'format'], formats[flags.datasetName ?? '']);
    edits.set('--random-output-len', [...llm, 'output', 'tokens'], number(flags.randomOutputLen));
  }
  if (flags.ignoreEos) {
    if (flags.datasetName !== 'random' && flags.randomOutputLen === undefined) return;
    edits.set('--ignore-eos', [...llm, 'output', 'exact'], true);
  }
}

const formats: Readonly<Record<string, string>> = { sharegpt: 'sharegpt', custom: 'jsonl' };

/** Poisson unless told otherwise. Without a rate all of them at once, as far as they may be in flight together. */
function setLoad(edits: Edits, flags: LlmFlags, rate: string | undefined): void {
  const prompts = number(flags.numPrompts) ?? defaults.prompts;
  edits.set('--num-prompts', ['load', 'requests'], prompts);
  edits.set('--request-rate', ['load', 'rate'], number(rate));
  edits.set('--max-concurrency', ['load', 'concurrency'], number(flags.maxConcurrency));
  if (rate === undefined) {
    if (flags.maxConcurrency === undefined) edits.set('--max-concurrency', ['load', 'concurrency'], prompts);
    return;
  }
  const isBursty = flags.burstiness !== undefined;
  edits.set('--request-rate', ['load', 'arrivals'], isBursty ? 'gamma' : 'poisson');
  edits.set('--burstiness', ['load', 'burstiness'], number(flags.burstiness));
}

/** vLLM's random data set: lengths uniform from (1 - ratio) to (1 + ratio) of what is asked for. */
function setRandom(edits: Edits, flags: LlmFlags, llm: readonly (string | number)[]): void {
  const ratio = flags.randomRangeRatio === undefined ? 0 : Number(flags.randomRangeRatio);
  const lengths = [
    ['--random-input-len', 'prompts', number(flags.randomInputLen) ?? defaults.input],
    ['--random-output-len', 'output', number(flags.randomOutputLen) ?? defaults.output],
  ] as const;
  for (const [flag, key, length] of lengths) {
    if (typeof length !== 'number' || !(ratio > 0)) edits.set(flag, [...llm, key, 'tokens'], length);
    else {
      edits.set(flag, [...llm, key, 'min'], Math.max(1, Math.floor(length * (1 - ratio))));
      edits.set(flag, [...llm, key, 'max'], Math.ceil(length * (1 + ratio)));
    }
  }
  edits.set('--random-prefix-len', [...llm, 'prefix', 'tokens'], number(flags.randomPrefixLen));
}

/** As a scenario would have it; anything else stays for the fault. */
function number(text: string | undefined): number | string | undefined {
  return text !== undefined && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
