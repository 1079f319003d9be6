import { describe, expect, it } from 'vitest';
import { PromptBody } from '../../../src/engine/llm/prompt-body.js';
import { Sessions } from '../../../src/engine/sessions.js';
import { warmupIndexBase } from '../../../src/engine/warmup.js';
import type { LlmBody, PromptSource, Trace } from '../../../src/model/llm.js';

const chat: LlmBody = {
  kind: 'llm',
  api: 'chat',
  members: '"model":"m","stream":true',
  prompt: { kind: 'drawn', tokens: { kind: 'fixed', tokens: 20 }, prefix: undefined },
  output: { kind: 'fixed', tokens: 5 },
  outputMember: 'max_completion_tokens',
  isExact: false,
};

interface Sent {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly prompt: string;
  readonly max_completion_tokens: number;
}

function sent(body: Partial<LlmBody>, index: number, sessions?: Sessions, seed = 1): Sent {
  return JSON.parse(new PromptBody({ ...chat, ...body }, seed, sessions).textOf(index));
}

const words = (text: string | undefined) => (text === undefined || text === '' ? 0 : text.split(' ').length);

describe('the body of a question', () => {
  it('is what OpenAI has for a chat, and for a completion', () => {
    const one = sent({}, 0);
    expect(one).toEqual({
      model: 'm',
      stream: true,
      messages: [{ role: 'user', content: one.messages[0]?.content }],
      max_completion_tokens: 5,
    });
    expect(words(one.messages[0]?.content)).toBe(20);
    const other = sent({ api: 'completions', outputMember: 'max_tokens', isExact: true }, 0);
    expect(other).toEqual({
      model: 'm',
      stream: true,
      prompt: one.messages[0]?.content,
      max_tokens: 5,
      ignore_eos: true,
      min_tokens: 5,
    });
  });

  it('is a pure function of seed and number, and another for each', () => {
    const texts = Array.from({ length: 200 }, (_, index) => new PromptBody(chat, 1).textOf(index));
    expect(new Set(texts).size).toBe(200);
    const again = new PromptBody(chat, 1);
    expect(texts.map((_, index) => again.textOf(199 - index)).reverse()).toEqual(texts);
    expect(new PromptBody(chat, 2).textOf(0)).not.toBe(texts[0]);
  });

  it.each([
    ['uniform', { kind: 'uniform', min: 10, max: 30 }, 20, 20.5],
    ['normal', { kind: 'normal', mean: 100, stddev: 20 }, 100, 100],
    // The mean of a lognormal is median * exp(sigma^2 / 2).
    ['lognormal', { kind: 'lognormal', median: 50, sigma: 1 }, 50, 50 * Math.exp(0.5)],
  ] as const)('has lengths that are %s', (_, output, median, mean) => {
    const lengths = Array.from({ length: 4000 }, (_, index) => sent({ output }, index).max_completion_tokens);
    const sorted = lengths.sort((a, b) => a - b);
    expect(Math.abs((sorted[2000] as number) / median - 1)).toBeLessThan(0.08);
    expect(Math.abs(lengths.reduce((sum, length) => sum + length, 0) / 4000 / mean - 1)).toBeLessThan(0.08);
    expect(sorted[0]).toBeGreaterThanOrEqual(1);
  });

  it('begins with one of the shared prefixes, by their frequency, and in a warm-up with another', () => {
    const prompt: PromptSource = {
      kind: 'drawn',
      tokens: { kind: 'fixed', tokens: 3 },
      prefix: { count: 4, tokens: 10, zipf: 1 },
    };
    const prefixes = Array.from({ length: 2000 }, (_, index) => sent({ prompt }, index).messages[0]);
    expect(prefixes[0]?.role).toBe('system');
    const texts = prefixes.map((prefix) => prefix?.content);
    const counts = [...new Set(texts)]
      .map((text) => ({ text, count: texts.filter((other) => other === text).length }))
      .sort((a, b) => b.count - a.count);
    // 1 + 1/2 + 1/3 + 1/4 of 2000.
    expect(counts).toHaveLength(4);
    expect(Math.abs((counts[0]?.count ?? 0) - 960)).toBeLessThan(90);
    expect(words(counts[0]?.text)).toBe(10);
    const warmup = Array.from(
      { length: 50 },
      (_, index) => sent({ prompt }, warmupIndexBase + index).messages[0],
    );
    expect(warmup.some((prefix) => counts.some(({ text }) => text === prefix?.content))).toBe(false);
  });

  it('repeats in each turn of a session what was said before', () => {
    const sessions = new Sessions({ turns: 3, open: 2 }, 1);
    const [first, second, third] = [0, 2, 4].map((index) => sent({}, index, sessions).messages);
    expect(first?.map(({ role }) => role)).toEqual(['user']);
    expect(second?.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(second?.slice(0, 1)).toEqual(first);
    expect(third?.slice(0, 3)).toEqual(second);
    // As long as the model was asked to answer.
    expect(words(second?.[1]?.content)).toBe(5);
    expect(sent({ api: 'completions' }, 2, sessions).prompt).toBe(
      second?.map(({ content }) => content).join(' '),
    );
  });

  it('takes conversations of a file in turn, and goes on behind them in a session that is longer', () => {
    const said = ['q0', 'a0', 'q1 \\"x\\"', 'a1', 'q2', ''];
    const ends = Uint32Array.from(said.map((_, index) => said.slice(0, index + 1).join('').length));
    const texts = {
      file: 'p.json',
      firstTurns: Uint32Array.of(0, 2),
      bytes: Buffer.from(said.join('')),
      ends,
      outputTokens: Uint32Array.of(7, 8, 0),
    };
    const body = { prompt: { kind: 'texts', texts, prefix: undefined }, output: undefined } as const;
    const asked = (index: number, sessions?: Sessions) =>
      sent(body, index, sessions).messages.map(({ content }) => content);
    expect([0, 1, 2].map((index) => asked(index))).toEqual([['q0'], ['q2'], ['q0']]);
    expect(sent(body, 0).max_completion_tokens).toBe(7);
    expect(sent(body, 1)).not.toHaveProperty('max_completion_tokens');
    expect(asked(warmupIndexBase)).toEqual(['q2']);
    expect(asked(2, new Sessions({ turns: 4, open: 1 }, 1))).toEqual(['q0', 'a0', 'q1 "x"', 'a1', 'q2']);
  });

  it('is as long as the trace says, and equal where its blocks are', () => {
    const trace: Trace = {
      file: 't.jsonl',
      dueUs: new Float64Array(3),
      inputTokens: Uint32Array.of(10, 8, 11),
      outputTokens: Uint32Array.of(2, 3, 4),
      blocks: { tokens: 4, ids: Uint32Array.of(5, 6, 7, 5, 6, 5, 9, 10), ends: Uint32Array.of(3, 5, 8) },
    };
    const body = { prompt: { kind: 'trace', trace }, output: undefined } as const;
    const [a, b, c] = [0, 1, 2].map((index) => sent(body, index).messages[0]?.content.split(' ') ?? []);
    expect([a, b, c].map((text) => text?.length)).toEqual([10, 8, 11]);
    expect(a?.slice(0, 8)).toEqual(b);
    expect(c?.slice(0, 4)).toEqual(b?.slice(0, 4));
    expect(c?.slice(4, 8)).not.toEqual(b?.slice(4, 8));
    expect([0, 1, 2].map((index) => sent(body, index).max_completion_tokens)).toEqual([2, 3, 4]);
    const plain = {
      prompt: { kind: 'trace', trace: { ...trace, blocks: undefined } },
      output: undefined,
    } as const;
    expect(words(sent(plain, 2).messages[0]?.content)).toBe(11);
  });
});
