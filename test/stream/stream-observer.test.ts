import { describe, expect, it } from 'vitest';
import { StreamObserver } from '../../src/stream/stream-observer.js';

interface Read {
  readonly atUs: number;
  readonly text: string | Uint8Array;
}

/** What a stream that comes in these reads looks like. */
function observe(reads: readonly Read[], isAsked = false, observer = new StreamObserver()) {
  observer.reset();
  const gapsUs: number[] = [];
  for (const { atUs, text } of reads) {
    const bytes = Buffer.from(text);
    observer.append(bytes, 0, bytes.length);
    const gapUs = observer.endRead(atUs);
    bytes.fill(0x58);
    if (gapUs >= 0) gapsUs.push(gapUs);
  }
  const { firstOutputUs, firstAnswerUs, lastOutputUs, stallUs, usage, errorText, badEvents } = observer;
  const { outputEvents, outputReads, coalescedReads } = observer;
  return {
    end: observer.endOf(isAsked),
    times: { firstOutputUs, firstAnswerUs, lastOutputUs, stallUs, gapsUs },
    counts: { outputEvents, badEvents, usage, errorText },
    reads: { outputReads, coalescedReads },
  };
}

/** One read for each event, a millisecond apart. */
const events = (...data: readonly (string | object)[]) =>
  data.map((one, i) => ({ atUs: 1000 * (i + 1), text: event(one) }));
const event = (data: string | object) =>
  `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;

const delta = (delta: object, finish: string | null = null, index = 0) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  choices: [{ index, delta, logprobs: null, finish_reason: finish }],
});
const role = delta({ role: 'assistant', content: '' });
const word = (content: string, index = 0) => delta({ content }, null, index);
const stop = delta({}, 'stop');
const usage = (choices: unknown, completion = 2) => ({
  object: 'chat.completion.chunk',
  ...(choices === undefined ? {} : { choices }),
  usage: {
    prompt_tokens: 7,
    completion_tokens: completion,
    prompt_tokens_details: { cached_tokens: 4 },
    completion_tokens_details: { reasoning_tokens: 1 },
  },
});
const counted = { prompt: 7, completion: 2, cached: 4, reasoning: 1 };

describe('StreamObserver', () => {
  it('dates the first output, not the role', () => {
    const { times, counts, end } = observe(events(role, word('Hello'), word(' world'), stop, '[DONE]'));
    expect(times).toEqual({
      firstOutputUs: 2000,
      firstAnswerUs: 2000,
      lastOutputUs: 3000,
      stallUs: 1000,
      gapsUs: [1000],
    });
    expect(counts.outputEvents).toBe(2);
    expect(end).toBe('complete');
  });

  it.each(['reasoning_content', 'reasoning'])('takes %s for output, and for no answer', (name) => {
    const { times } = observe(events(role, delta({ [name]: 'Hm' }), word('Hello'), stop));
    expect(times).toMatchObject({ firstOutputUs: 2000, firstAnswerUs: 3000 });
  });

  it.each([
    ['a call of a tool', delta({ tool_calls: [{ index: 0, function: { name: 'now' } }] })],
    ['a refusal', delta({ refusal: 'No' })],
    [
      'the text of a completion',
      { object: 'text_completion', choices: [{ index: 0, text: 'Hi', finish_reason: null }] },
    ],
  ])('takes for an answer %s', (_what, chunk) => {
    expect(observe(events(role, chunk, stop)).times).toMatchObject({
      firstOutputUs: 2000,
      firstAnswerUs: 2000,
    });
  });

  it('counts reads, not events, for gaps', () => {
    const { times, reads, counts } = observe([
      { atUs: 10, text: event(role) },
      { atUs: 20, text: event(word('a')) + event(word('b')) },
      { atUs: 50, text: event(word('c')) },
      { atUs: 55, text: ': ping\n\n' },
      { atUs: 60, text: event(word('d')) + event(stop) },
    ]);
    expect(times.gapsUs).toEqual([30, 10]);
    expect(times.stallUs).toBe(30);
    expect(reads).toEqual({ outputReads: 3, coalescedReads: 1 });
    expect(counts.outputEvents).toBe(4);
  });

  it('dates an event by the read that completes it', () => {
    const [text] = [event(word('Hello'))];
    const { times } = observe([
      { atUs: 10, text: text.slice(0, 20) },
      { atUs: 20, text: text.slice(20, -1) },
      { atUs: 30, text: `\n${event(stop)}` },
    ]);
    expect(times.firstOutputUs).toBe(30);
  });

  it.each([
    ['[]', []],
    ['null', null],
    ['missing', undefined],
  ])('reads the usage of a chunk whose choices are %s', (_what, choices) => {
    const { counts, end } = observe(events(role, word('a'), word('b'), stop, usage(choices), '[DONE]'));
    expect(counts).toEqual({ outputEvents: 2, badEvents: 0, usage: counted, errorText: undefined });
    expect(end).toBe('complete');
  });

  it('goes by the last usage, and by none that is null', () => {
    const running = (content: string, completion: number) => ({
      ...word(content),
      usage: { prompt_tokens: 7, completion_tokens: completion },
    });
    const chunks = [running('a', 1), running('b', 2), { ...stop, usage: null }];
    const { counts } = observe(events(...chunks, '[DONE]'));
    expect(counts.usage).toEqual({ prompt: 7, completion: 2, cached: undefined, reasoning: undefined });
    expect(counts.outputEvents).toBe(2);
    expect(observe(events(...chunks, usage([], 9))).counts.usage?.completion).toBe(9);
  });

  it('counts events where no usage came', () => {
    const { counts } = observe(events(role, word('a'), word('b'), word('c'), stop, '[DONE]'));
    expect(counts).toMatchObject({ outputEvents: 3, usage: undefined });
  });

  it.each([
    ['[DONE] alone', events(word('a'), '[DONE]'), 'complete'],
    ['an end of its choice alone', events(word('a'), stop), 'complete'],
    ['neither', events(word('a'), word('b')), 'truncated'],
    ['an end of one choice of two', events(word('a'), word('b', 1), stop), 'truncated'],
    ['an end of both', events(word('a'), word('b', 1), stop, delta({}, 'stop', 1)), 'complete'],
    [
      'both in one chunk',
      events({ choices: [...word('a').choices, ...word('b', 1).choices] }, stop),
      'truncated',
    ],
    ['a last event without an end', [...events(word('a')), { atUs: 9, text: 'data: [DONE]' }], 'truncated'],
    ['a role and an end', events(role, stop, '[DONE]'), 'empty'],
    ['[DONE] and nothing else', events('[DONE]'), 'empty'],
    ['nothing at all', [], 'other'],
    ['comments', [{ atUs: 1, text: ': ping\n\n' }], 'other'],
    ['a role and no end', events(role), 'empty'],
    [
      'an error in the place of a chunk',
      events(word('a'), { error: { message: 'out of memory' } }),
      'stream-error',
    ],
    ['an error that is text', events(word('a'), { error: 'gone' }, '[DONE]'), 'stream-error'],
    ['an event called error', [{ atUs: 1, text: 'event: error\ndata: {"code":500}\n\n' }], 'stream-error'],
    ['an error that is null', events({ ...word('a'), error: null }, '[DONE]'), 'complete'],
    ['events of another kind', events('tick', '{"tick":1}'), 'other'],
  ] as const)('ends with %s', (_what, reads, end) => {
    expect(observe(reads).end).toBe(end);
  });

  it('takes any other stream for an empty answer where a model was asked', () => {
    expect(observe(events('tick'), true).end).toBe('empty');
    expect(observe([], true).end).toBe('empty');
  });

  it('keeps the words of the first error, cut short', () => {
    const { counts } = observe(events({ error: { message: 'x'.repeat(5000) } }, { error: 'later' }));
    expect(counts.errorText).toBe('x'.repeat(200));
  });

  it('counts what is no JSON object, and goes on', () => {
    const { counts, end } = observe(events(word('a'), '{"choices":[', '[1]', word('b'), stop));
    expect(counts).toMatchObject({ outputEvents: 2, badEvents: 2 });
    expect(end).toBe('complete');
  });

  it('has no answer time of a stream that only reasoned', () => {
    expect(observe(events(delta({ reasoning: 'Hm' }), stop)).times).toMatchObject({
      firstOutputUs: 1000,
      firstAnswerUs: -1,
      stallUs: -1,
    });
  });

  it('says the same of one stream after another', () => {
    const observer = new StreamObserver();
    const reads = events(role, word('a'), word('b'), stop, usage([]), '[DONE]');
    const first = observe(reads, false, observer);
    observe(events(word('x'), { error: 'gone' }, 'nonsense'), false, observer);
    expect(observe(reads, false, observer)).toEqual(first);
  });

  it('counts the same wherever the bytes are cut', () => {
    const text = Buffer.from(
      [
        '\ufeff: ping\r\n\r\n',
        event(role),
        event(word('Grüße ✓')),
        `data:${JSON.stringify(delta({ reasoning_content: 'Hm "x" \\n' }))}\r\n\r\n`,
        `data: {"choices":[{"index":0,\ndata: "delta":{"content":"two lines"}}]}\n\n`,
        event(word('')),
        event('{"bad'),
        event(delta({ tool_calls: [{ index: 0 }] })),
        event(stop),
        event(usage(null)),
        event('[DONE]'),
      ].join(''),
    );
    const whole = observe([{ atUs: 1, text }]);
    expect(whole.counts).toEqual({ outputEvents: 4, badEvents: 1, usage: counted, errorText: undefined });
    for (let cut = 0; cut <= text.length; cut++) {
      const { counts, end } = observe([
        { atUs: 1, text: text.subarray(0, cut) },
        { atUs: 2, text: text.subarray(cut) },
      ]);
      expect({ counts, end }).toEqual({ counts: whole.counts, end: whole.end });
    }
    const single = observe([...text].map((byte, i) => ({ atUs: i, text: Uint8Array.of(byte) })));
    expect(single.counts).toEqual(whole.counts);
    expect(single.end).toBe('complete');
  });

  it('knows a stream whose every chunk is like those of the one before', () => {
    const observer = new StreamObserver();
    for (let stream = 0; stream < 2; stream++) {
      const { end } = observe(events(word('a'), word('b')), false, observer);
      expect([end, observer.isCompletion, observer.outputEvents]).toEqual(['truncated', true, 2]);
    }
  });

  it('keeps when output came, all of it, in bounded steps', () => {
    const observer = new StreamObserver();
    observe(
      Array.from({ length: 1000 }, (_, i) => ({ atUs: 10 * i, text: event(word('a')) })),
      false,
      observer,
    );
    const steps: [number, number, number][] = [];
    observer.trail.forEach((from, to, amount) => {
      steps.push([from, to, amount]);
    });
    expect(steps.length).toBeLessThanOrEqual(64);
    expect(steps.reduce((sum, [, , amount]) => sum + amount, 0)).toBe(1000);
    for (const [from, to, amount] of steps) expect(to - from).toBe(10 * (amount - 1));
    expect([steps[0]?.[0], steps.at(-1)?.[1]]).toEqual([0, 9990]);
  });
});
