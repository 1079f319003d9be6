import type { z } from 'zod';
import type { Lengths, LlmBody, PromptSource, PromptTexts, Trace } from '../../model/llm.js';
import { shown } from '../../text/shown.js';
import { type Cutter, ElementCutter, LineCutter, mostPartBytes } from '../long-file.js';
import type { Path } from '../place.js';
import {
  mostPromptBytes,
  type PromptFormat,
  PromptGatherer,
  promptFormatOf,
  readConversation,
} from '../prompt-file.js';
import type { llmSchema } from '../schema/llm.js';
import type { ResolveContext } from './context.js';

export type LlmInput = z.output<typeof llmSchema>;
type LengthInput = NonNullable<LlmInput['output']>;
type PromptInput = NonNullable<LlmInput['prompts']>;

/** When nothing says how long. */
const defaults = { prompt: 512, output: 128 };
/** The value that 99 of 100 of a standard normal are below. */
const p99OfNormal = 2.326347874;
/** Faults of one file that are told. */
const maxFaults = 5;

export const llmPaths = { chat: '/v1/chat/completions', completions: '/v1/completions' } as const;

/** The body of a question to a language model; `undefined` when something is wrong with it. */
export function resolveLlm(
  input: LlmInput,
  path: Path,
  trace: Trace | undefined,
  context: ResolveContext,
): LlmBody | undefined {
  const prompt = promptOf(input, path, trace, context);
  const output =
    input.output === undefined ? undefined : lengthsOf(input.output, [...path, 'output'], context);
  if (prompt === undefined) return undefined;
  const asked = input.api === 'chat' ? 'messages' : 'prompt';
  const own = input.body ?? {};
  if (Object.hasOwn(own, asked)) {
    context.faults.add({
      path: [...path, 'body', asked],
      blame: 'key',
      message: `expected members beside the prompt, got ${asked}`,
      hint: 'prompts come from llm.prompts; a body of your own is written with json',
    });
  }
  const isOwnLength = ['max_tokens', 'max_completion_tokens'].some((key) => Object.hasOwn(own, key));
  const members = JSON.stringify({ model: input.model, ...streamMembers(input), ...own }).slice(1, -1);
  return {
    kind: 'llm',
    api: input.api,
    members,
    prompt,
    output: output ?? (prompt.kind === 'drawn' ? { kind: 'fixed', tokens: defaults.output } : undefined),
    outputMember: isOwnLength ? undefined : input.api === 'chat' ? 'max_completion_tokens' : 'max_tokens',
    isExact: input.output?.exact ?? false,
  };
}

function streamMembers({ stream, usage }: LlmInput): object {
  if (!stream || usage === false) return { stream };
  const more = usage === 'continuous' ? { continuous_usage_stats: true } : {};
  return { stream, stream_options: { include_usage: true, ...more } };
}

function promptOf(
  { prompts, prefix }: LlmInput,
  path: Path,
  trace: Trace | undefined,
  context: ResolveContext,
): PromptSource | undefined {
  const at = [...path, 'prompts'];
  if (prompts === undefined && trace !== undefined) {
    if (prefix !== undefined) {
      context.faults.add({
        path: [...path, 'prefix'],
        blame: 'key',
        message: 'expected no prefix with prompts of load.trace, got one',
        hint: 'the trace says what prompts have in common, where it knows; give prompts: of your own to have others',
      });
    }
    return { kind: 'trace', trace };
  }
  if (prompts?.file === undefined) {
    for (const key of ['format', 'take'] as const) {
      if (prompts?.[key] === undefined) continue;
      const message = `expected a file beside ${key}, got none`;
      context.faults.add({ path: [...at, key], blame: 'key', message, hint: 'add file: prompts.jsonl' });
    }
    const tokens =
      prompts === undefined
        ? ({ kind: 'fixed', tokens: defaults.prompt } as const)
        : lengthsOf(prompts, at, context);
    return tokens && { kind: 'drawn', tokens, prefix };
  }
  const lengthKey = (['tokens', 'stddev', 'min', 'max', 'lognormal'] as const).find(
    (key) => prompts[key] !== undefined,
  );
  if (lengthKey !== undefined) {
    context.faults.add({
      path: [...at, lengthKey],
      blame: 'key',
      message: `expected one of file and lengths, got file and ${lengthKey}`,
      hint: 'texts of a file are as long as they are',
    });
  }
  const texts = readPrompts(prompts.file, prompts, [...at, 'file'], context);
  return texts && { kind: 'texts', texts, prefix };
}

/** Reads a file of prompts; what is wrong in it is told with its line. */
function readPrompts(
  file: string,
  { format, take }: PromptInput,
  at: Path,
  { files, faults }: ResolveContext,
): PromptTexts | undefined {
  const gatherer = new PromptGatherer();
  let faulty = 0;
  let isFull = false;
  const elsewhere = (line: number, message: string, hint?: string): boolean => {
    faulty += 1;
    faults.addElsewhere({ file: files.resolve(file), line, message, hint });
    return faulty < maxFaults;
  };
  const takeOne = (text: string, line: number): boolean => {
    const read = readConversation(text, known ?? 'jsonl');
    if (!read.ok) return elsewhere(line, read.message, read.hint);
    isFull = !gatherer.add(read.turns);
    return !isFull && gatherer.conversations < (take ?? Number.POSITIVE_INFINITY);
  };
  let known: PromptFormat | undefined = format;
  let cutter: Cutter | undefined;
  let isWhole = true;
  const isRead = files.eachPiece(file, at, (piece) => {
    if (cutter === undefined) {
      known ??= promptFormatOf(piece);
      if (known === undefined) return false;
      cutter = known === 'sharegpt' ? new ElementCutter(takeOne) : new LineCutter(takeOne);
    }
    isWhole = cutter.push(piece);
    return isWhole;
  });
  if (!isRead) return undefined;
  if (isWhole) cutter?.end();
  if (cutter?.tooLongAt !== undefined) {
    elsewhere(
      cutter.tooLongAt,
      `expected a conversation of at most ${mostPartBytes} bytes, got a longer one`,
    );
  }
  if (isWhole && cutter instanceof ElementCutter && !cutter.isClosed) {
    elsewhere(cutter.line, 'expected a JSON list with an end, got the end of the file');
  }
  if (faulty > 0) return undefined;
  const wrong = isFull
    ? `expected prompts of at most ${mostPromptBytes} bytes, got more in ${shown(file)}`
    : gatherer.conversations === 0
      ? `expected at least one prompt, got none in ${shown(file)}`
      : undefined;
  if (wrong === undefined) return gatherer.texts(file);
  const hint = isFull
    ? 'take a part of it: take: 10000'
    : 'it is ShareGPT as JSON, or a prompt a line: {"prompt": "…"}';
  faults.add({ path: at, blame: 'value', message: wrong, hint });
  return undefined;
}

/** Exactly one way to say how long. */
function lengthsOf(
  input: LengthInput | PromptInput,
  path: Path,
  { faults }: ResolveContext,
): Lengths | undefined {
  const { tokens, stddev, min, max, lognormal } = input;
  const wrong = (message: string, hint: string): undefined => {
    faults.add({ path, blame: 'value', message, hint }, path);
  };
  const ways = [tokens ?? stddev, min ?? max, lognormal].filter((way) => way !== undefined);
  if (ways.length !== 1) {
    return wrong(
      `expected one of tokens, min with max, and lognormal, got ${ways.length === 0 ? 'none' : 'several'}`,
      'write 200, { tokens: 200, stddev: 80 }, { min: 100, max: 300 } or { lognormal: { median: 100, p99: 1000 } }',
    );
  }
  if (lognormal !== undefined) {
    const { median, p99 } = lognormal;
    if (p99 < median)
      return wrong(`expected a p99 of at least the median ${median}, got ${p99}`, 'exchange them');
    return { kind: 'lognormal', median, sigma: Math.log(p99 / median) / p99OfNormal };
  }
  if (min !== undefined || max !== undefined) {
    if (min === undefined || max === undefined || max < min) {
      return wrong(
        `expected min up to max, got ${min ?? 'none'} and ${max ?? 'none'}`,
        'write { min: 100, max: 300 }',
      );
    }
    return { kind: 'uniform', min, max };
  }
  if (tokens === undefined)
    return wrong('expected tokens beside stddev, got none', 'write { tokens: 200, stddev: 80 }');
  return stddev === undefined || stddev === 0
    ? { kind: 'fixed', tokens }
    : { kind: 'normal', mean: tokens, stddev };
}
