import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Output, readChunk } from '../../src/stream/chunk.js';
import { ChunkMemory } from '../../src/stream/chunk-memory.js';

/** What the memory says of each chunk, where it says anything, beside what reading it says. */
function both(chunks: readonly Buffer[]): { readonly recalled: number; readonly read: number | undefined }[] {
  const memory = new ChunkMemory();
  return chunks.map((bytes) => {
    const recalled = memory.recall(bytes, 0, bytes.length);
    const text = bytes.toString('utf8');
    const chunk = readChunk(text);
    if (recalled < 0 && chunk !== undefined) memory.learn(bytes, 0, bytes.length, text, chunk);
    const isPlain =
      chunk !== undefined && !chunk.choices.some(({ isFinished }) => isFinished) && chunk.usage === undefined;
    if (recalled >= 0) {
      expect(isPlain).toBe(true);
      expect(chunk?.choices.map(({ index }) => index)).toEqual([memory.choice]);
    }
    return { recalled, read: chunk?.output };
  });
}

const chat = (content: string, more = '') =>
  Buffer.from(
    `{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":${content}},"logprobs":null,"finish_reason":null}]${more}}`,
  );

describe('ChunkMemory', () => {
  it('knows a chunk by the one before it', () => {
    const [first, ...others] = both(
      ['"Hello"', '" world"', '"\\n\\u00e9✓"', '""', '"!"'].map((text) => chat(text)),
    );
    expect(first).toEqual({ recalled: -1, read: Output.answer });
    expect(others.map(({ recalled }) => recalled)).toEqual([
      Output.answer,
      Output.answer,
      Output.none,
      Output.answer,
    ]);
  });

  it.each([
    ['another member', chat('"a"', ',"usage":{"prompt_tokens":1,"completion_tokens":1}')],
    ['a text that ends early', chat('"a","content":""')],
    ['an escape that there is not', chat('"\\x"')],
    ['half an escape', chat('"\\"')],
    ['an escape of too few digits', chat('"\\u00g0"')],
    ['a control character', chat('"\n"')],
    ['no text at all', Buffer.from(`{"id":"chatcmpl-1","object":"chat.completion.chunk"}`)],
  ])('does not take for like the last one: %s', (_what, bytes) => {
    const [, last] = both([chat('"Hello"'), bytes]);
    expect(last?.recalled).toBe(-1);
  });

  it('is not taken in by a text elsewhere that looks like the chunk', () => {
    const trap = (content: string) =>
      Buffer.from(
        `{"model":"\\"content\\":\\"x\\"","meta":{"content":"y"},"choices":[{"index":3,"delta":{"content":${content}}}]}`,
      );
    for (const { recalled, read } of both([trap('"a"'), trap('"b"'), trap('""'), trap('"c"')])) {
      if (recalled >= 0) expect(recalled).toBe(read);
    }
  });

  it('keeps its places where the bytes before the text are not UTF-8', () => {
    const broken = (content: string) =>
      Buffer.concat([
        Buffer.from('{"id":"'),
        Buffer.of(0xff, 0xf0, 0x9f),
        Buffer.from(`","choices":[{"delta":{"content":"${content}"}}]}`),
      ]);
    for (const { recalled, read } of both([broken('a'), broken('b'), broken(''), broken('c')])) {
      if (recalled >= 0) expect(recalled).toBe(read);
    }
  });

  const text = fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', 'é', '✓', ' ', '{'), maxLength: 4 });
  const delta = fc.oneof(
    text.map((content) => ({ content })),
    text.map((reasoning_content) => ({ reasoning_content })),
    text.map((reasoning) => ({ reasoning, content: null })),
    fc.tuple(text, text).map(([content, reasoning]) => ({ reasoning, content })),
    fc.constantFrom(
      { role: 'assistant', content: '' },
      {},
      { tool_calls: [{ index: 0 }] },
      { tool_calls: [] },
    ),
  );
  const choice = fc.record(
    {
      index: fc.constantFrom(0, 1, -1, 'x'),
      delta,
      text,
      finish_reason: fc.constantFrom(null, null, null, 'stop'),
    },
    { requiredKeys: ['index'] },
  );
  const json = fc.record(
    {
      id: fc.constantFrom('c-1', 'c-1', '"content":"z"'),
      content: text,
      choices: fc.oneof(
        { weight: 6, arbitrary: fc.array(choice, { minLength: 1, maxLength: 1 }) },
        fc.array(choice, { maxLength: 3 }),
        fc.constant(null),
      ),
      usage: fc.constantFrom(null, null, { prompt_tokens: 5, completion_tokens: 2 }, { prompt_tokens: 'x' }),
      error: fc.constantFrom(null, null, null, { message: 'gone' }),
    },
    { requiredKeys: ['choices'] },
  );
  const spaced = fc.constantFrom(0, 0, 1);

  it('says what reading says', () => {
    let known = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(json, spaced), { maxLength: 6 }), text, (chunks, again) => {
        // Each once more with another text in the place of its own, as a stream goes on.
        const bytes = chunks.flatMap(([value, space]) => {
          const written = JSON.stringify(value, null, space);
          const other = written.replace(
            /("content"\s?:\s?)"[^"\\]*"/,
            (_all, name) => name + JSON.stringify(again),
          );
          return [Buffer.from(written), Buffer.from(other), Buffer.from(written)];
        });
        for (const { recalled, read } of both(bytes)) {
          if (recalled < 0) continue;
          known++;
          expect(recalled).toBe(read);
        }
      }),
      { numRuns: 1000 },
    );
    expect(known).toBeGreaterThan(100);
  });
});
