import { describe, expect, it } from 'vitest';
import type { LlmBody } from '../../src/model/llm.js';
import type { Plan } from '../../src/model/plan.js';
import { describePlan } from '../../src/scenario/describe-plan.js';
import { loadScenario } from '../../src/scenario/load-scenario.js';
import { ElementCutter, LineCutter } from '../../src/scenario/long-file.js';
import { faultsOf, planOf } from './load-text.js';

const target = 'target: http://127.0.0.1:8080/';
const asking = (llm: string, more = '') => `${target}\nrequests:\n  - llm: ${llm}\n${more}`;
const bodyOf = (...args: Parameters<typeof planOf>) => planOf(...args).requests[0]?.body as LlmBody;

describe('a question to a language model', () => {
  it('sets method, path, body and a timeout for long answers', () => {
    const { requests, load } = planOf(asking('{ model: m, prompts: 100, output: 20 }'));
    expect(requests[0]).toMatchObject({
      name: 'POST /v1/chat/completions',
      method: 'POST',
      path: '/v1/chat/completions',
      headers: [['Content-Type', 'application/json']],
      body: {
        kind: 'llm',
        api: 'chat',
        members: '"model":"m","stream":true,"stream_options":{"include_usage":true}',
        prompt: { kind: 'drawn', tokens: { kind: 'fixed', tokens: 100 } },
        output: { kind: 'fixed', tokens: 20 },
        outputMember: 'max_completion_tokens',
        isExact: false,
      },
    });
    expect(load.timeoutMs).toBe(600_000);
    expect(planOf(`${target}\nload: { requests: 1 }`).load.timeoutMs).toBe(30_000);
  });

  it('is the other API, at another path, without a stream, with members of the user', () => {
    const text = asking(
      '{ api: completions, model: m, stream: false, body: { temperature: 0, max_tokens: 3 } }',
      '    path: /v2/complete\n',
    );
    expect(planOf(text).requests[0]).toMatchObject({
      path: '/v2/complete',
      body: {
        members: '"model":"m","stream":false,"temperature":0,"max_tokens":3',
        outputMember: undefined,
        prompt: { tokens: { tokens: 512 } },
      },
    });
    const { members } = bodyOf(asking('{ model: m, usage: continuous }'));
    expect(members).toContain('"stream_options":{"include_usage":true,"continuous_usage_stats":true}');
    expect(bodyOf(asking('{ model: m, usage: false }')).members).toBe('"model":"m","stream":true');
  });

  it.each([
    ['{ tokens: 100, stddev: 30 }', { kind: 'normal', mean: 100, stddev: 30 }],
    ['{ min: 10, max: 20 }', { kind: 'uniform', min: 10, max: 20 }],
    [
      '{ lognormal: { median: 100, p99: 1k } }',
      { kind: 'lognormal', median: 100, sigma: Math.log(10) / 2.326347874 },
    ],
  ])('has lengths such as %s', (lengths, expected) => {
    expect(bodyOf(asking(`{ model: m, prompts: ${lengths} }`)).prompt).toMatchObject({ tokens: expected });
    expect(bodyOf(asking(`{ model: m, output: ${lengths} }`)).output).toMatchObject(expected);
  });

  it.each([
    ['no model', '{}', 's.yaml:3:10  requests[0].llm.model: expected the name of a model, got nothing'],
    [
      'two ways to say how long',
      '{ model: m, output: { tokens: 5, min: 1, max: 9 } }',
      's.yaml:3:30  requests[0].llm.output: expected one of tokens, min with max, and lognormal, got several\n    hint: write 200, { tokens: 200, stddev: 80 }, { min: 100, max: 300 } or { lognormal: { median: 100, p99: 1000 } }',
    ],
    [
      'ends in the wrong order',
      '{ model: m, prompts: { min: 9, max: 1 } }',
      's.yaml:3:31  requests[0].llm.prompts: expected min up to max, got 9 and 1\n    hint: write { min: 100, max: 300 }',
    ],
    [
      'a body of its own inside',
      '{ model: m, body: { messages: [] } }',
      's.yaml:3:30  requests[0].llm.body.messages: expected members beside the prompt, got messages\n    hint: prompts come from llm.prompts; a body of your own is written with json',
    ],
    [
      'a format without a file',
      '{ model: m, prompts: { tokens: 1, format: jsonl } }',
      's.yaml:3:44  requests[0].llm.prompts.format: expected a file beside format, got none\n    hint: add file: prompts.jsonl',
    ],
  ])('is refused with %s', (_, llm, fault) => {
    expect(faultsOf(asking(llm))).toEqual([fault]);
  });

  it('is the only body, and a POST', () => {
    const faults = faultsOf(asking('{ model: m }', '    json: {}\n    method: PUT\n'));
    expect(faults.map((fault) => fault.split('\n')[0])).toEqual([
      's.yaml:3:5  requests[0].llm: expected one body, got json and llm',
      's.yaml:5:13  requests[0].method: expected POST, which asks a language model, got PUT',
    ]);
  });
});

describe('a file of prompts', () => {
  const from = (file: string, content: string, more = '') =>
    [asking(`{ model: m, prompts: { file: ${file}${more} } }`), { [file]: content }] as const;
  const shareGpt = (...texts: readonly [from: string, value: string][]) => ({
    id: 'x',
    conversations: texts.map(([from, value]) => ({ from, value })),
  });
  const textsOf = (body: LlmBody) => {
    if (body.prompt.kind !== 'texts') throw new Error('no texts');
    const { bytes, ends, firstTurns, outputTokens } = body.prompt.texts;
    const all = [...ends].map((end, index) =>
      Buffer.from(bytes.slice(index === 0 ? 0 : ends[index - 1], end)).toString(),
    );
    return { all, firstTurns: [...firstTurns], outputTokens: [...outputTokens] };
  };

  it('is ShareGPT, of which it takes what vLLM takes, with all its turns', () => {
    const long = Array(1000).fill('word').join(' ');
    const content = JSON.stringify(
      [
        shareGpt(['human', 'one two "three" four'], ['gpt', 'a b c d'], ['human', 'é'], ['gpt', 'e']),
        shareGpt(['human', 'too short'], ['gpt', 'a b c d']),
        shareGpt(['human', long], ['gpt', long]),
        shareGpt(['gpt', 'nobody asked']),
        shareGpt(['system', 's'], ['human', 'one two three four'], ['gpt', 'x y z w']),
      ],
      undefined,
      1,
    );
    expect(textsOf(bodyOf(...from('s.json', content)))).toEqual({
      all: ['one two \\"three\\" four', 'a b c d', 'é', 'e', 's\\n\\none two three four', 'x y z w'],
      firstTurns: [0, 2],
      outputTokens: [6, 2, 6],
    });
    expect(textsOf(bodyOf(...from('s.json', content, ', take: 1'))).firstTurns).toEqual([0]);
  });

  it('is a prompt a line, in the words of several programs', () => {
    const lines = [
      { prompt: 'p', output_tokens: 9 },
      { text: 't' },
      { session_id: 's', turns: ['a', { text: 'b' }] },
      { body: { messages: [{ role: 'user', content: 'm' }], max_tokens: 4 } },
      {
        messages: [
          { role: 'user', content: 'u' },
          { role: 'assistant', content: 'v w' },
          { role: 'user', content: 'x' },
        ],
      },
    ];
    const content = `\ufeff${lines.map((line) => JSON.stringify(line)).join('\r\n\n')}`;
    expect(textsOf(bodyOf(...from('p.jsonl', content)))).toEqual({
      all: ['p', '', 't', '', 'a', '', 'b', '', 'm', '', 'u', 'v w', 'x', ''],
      firstTurns: [0, 1, 2, 4, 5],
      outputTokens: [9, 0, 0, 0, 4, 3, 0],
    });
  });

  it.each([
    [
      'a line that is no JSON',
      '{"prompt": "a"}\n\n{"prompt": ',
      '/s/p.jsonl:3  expected JSON, got "{\\"prompt\\":"',
    ],
    [
      'a line without a prompt',
      '{"question": 1}',
      '/s/p.jsonl:1  expected a prompt, got a map with "question"\n    hint: a line is { "prompt": "…", "output_tokens": 100 }, { "text": "…" }, { "turns": […] }, { "messages": […] } or { "body": {…} }',
    ],
    [
      'an element without conversations',
      '[\n{"conversations": []},\n{"id": 1}]',
      '/s/p.jsonl:3  expected a map with conversations, got one without\n    hint: ShareGPT has [{ "conversations": [{ "from": "human", "value": "…" }, …] }, …]; prompts a line are read with format: jsonl',
    ],
    [
      'a list without an end',
      '[\n{"conversations": []},\n',
      '/s/p.jsonl:3  expected a JSON list with an end, got the end of the file',
    ],
    [
      'something else',
      'hello',
      's.yaml:3:39  requests[0].llm.prompts.file: expected at least one prompt, got none in "p.jsonl"\n    hint: it is ShareGPT as JSON, or a prompt a line: {"prompt": "…"}',
    ],
  ])('is refused with %s', (_, content, fault) => {
    expect(faultsOf(...from('p.jsonl', content))).toEqual([fault]);
  });

  it('is named where it is missing', () => {
    expect(faultsOf(asking('{ model: m, prompts: { file: none.json } }'))[0]).toContain(
      's.yaml:3:39  requests[0].llm.prompts.file: expected a readable file, got "none.json": there is no such file',
    );
  });

  it('may come in pieces cut anywhere', () => {
    const bytes = Buffer.from('[{"a": "]}\\"{"},\n [1, {"b": "é"}], 7, {}]');
    const lines = Buffer.from('one\r\n\nzwei é\nthree');
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const seen: [string, number][] = [];
      const cutter = new ElementCutter((text, line) => seen.push([text, line]) > 0);
      for (const piece of [bytes.subarray(0, cut), bytes.subarray(cut)]) cutter.push(Buffer.from(piece));
      expect(seen).toEqual([
        ['{"a": "]}\\"{"}', 1],
        ['[1, {"b": "é"}]', 2],
        ['{}', 2],
      ]);
      expect(cutter.isClosed).toBe(true);
    }
    for (let cut = 0; cut <= lines.length; cut += 1) {
      const seen: [string, number][] = [];
      const cutter = new LineCutter((text, line) => seen.push([text, line]) > 0);
      for (const piece of [lines.subarray(0, cut), lines.subarray(cut)]) cutter.push(Buffer.from(piece));
      cutter.end();
      expect(seen).toEqual([
        ['one', 1],
        ['zwei é', 3],
        ['three', 4],
      ]);
    }
  });
});

describe('a trace', () => {
  const azure =
    'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:15:50.9951690,396,109\n';
  const mooncake = [
    { timestamp: 0, input_length: 600, output_length: 52, hash_ids: [46, 47] },
    { timestamp: 3000, input_length: 500, output_length: 26, hash_ids: [46] },
  ];
  const lines = mooncake.map((row) => JSON.stringify(row)).join('\n');
  const tracing = (load: string, content: string) =>
    [asking('{ model: m }', `load: ${load}\n`), { 't.csv': content }] as const;

  const traceOf = (plan: Plan) => {
    const body = plan.requests[0]?.body;
    if (body?.kind !== 'llm' || body.prompt.kind !== 'trace') throw new Error('no trace');
    return body.prompt.trace;
  };

  it("is Azure's: it says when requests start and how long they are", () => {
    const plan = planOf(...tracing('{ trace: t.csv }', azure));
    expect(plan.load).toMatchObject({
      model: 'open',
      requests: 2,
      arrivals: 'constant',
      concurrency: 10_000,
    });
    const trace = traceOf(plan);
    expect(plan.load.replay?.dueUs).toBe(trace.dueUs);
    expect([...trace.inputTokens]).toEqual([374, 396]);
    expect([...trace.outputTokens]).toEqual([44, 109]);
    expect(trace.dueUs[1]).toBeCloseTo(4_314_579, 0);
    expect(plan.requests[0]?.body).toMatchObject({ prompt: { kind: 'trace' }, output: undefined });
    expect(describePlan(plan)).toMatchObject({ load: { replay: { source: 't.csv' } } });
  });

  it("is Mooncake's, with what prompts have in common, and may be hurried and cut", () => {
    const trace = traceOf(planOf(...tracing('{ trace: { file: t.csv, speed: 2 } }', lines)));
    expect([...trace.dueUs]).toEqual([0, 1_500_000]);
    expect(trace.blocks).toEqual({
      tokens: 512,
      ids: Uint32Array.of(46, 47, 46),
      ends: Uint32Array.of(2, 3),
    });
    expect(planOf(...tracing('{ trace: t.csv, requests: 1 }', lines)).load.requests).toBe(1);
    // What is not needed is not looked at.
    expect(planOf(...tracing('{ trace: t.csv, requests: 2 }', `${lines}\nnonsense`)).load.requests).toBe(2);
  });

  it.each([
    [
      'a wrong time',
      `${azure}yesterday,1,1`,
      '/s/t.csv:4  expected a time such as 2023-11-16 18:15:46.68, got "yesterday"',
    ],
    [
      'too few fields',
      `${azure}2023-11-16 18:15:51,1`,
      '/s/t.csv:4  expected 3 fields as in the first line, got 2',
    ],
    [
      'a number that is none',
      `${azure}2023-11-16 18:15:51,1.5,1`,
      '/s/t.csv:4  expected the tokens of the prompt as a whole number up to 1000000, got',
    ],
    [
      'times that go back',
      `${azure}2023-11-16 18:15:49,1,1`,
      '/s/t.csv:4  expected times that ascend, got one 1995',
    ],
    ['another head', 'a,b,c\n1,2,3', '/s/t.csv:1  expected the first line of a trace, got "a,b,c"'],
    ['no timestamp', '{"input_length": 1}', '/s/t.csv:1  expected a timestamp in milliseconds, got "none"'],
    [
      'ids that are none',
      '{"timestamp": 1, "hash_ids": ["a"]}',
      '/s/t.csv:1  expected hash_ids as a list of whole numbers',
    ],
    ['nothing', '', 's.yaml:4:16  load.trace: expected at least one request, got none in "t.csv"'],
  ])('is refused with %s', (_, content, fault) => {
    expect(faultsOf(...tracing('{ trace: t.csv }', content))[0]).toContain(fault);
  });

  it('says itself when requests come', () => {
    const faults = faultsOf(...tracing('{ trace: t.csv, rate: 5/s }', azure));
    expect(faults[0]).toContain('s.yaml:4:23  load.rate: expected one of trace and rate, got both');
  });
});

describe('bursts and sessions', () => {
  it('arrive by a gamma process', () => {
    expect(planOf(`${target}\nload: { rate: 5, arrivals: gamma, burstiness: 0.5 }`).load).toMatchObject({
      arrivals: 'gamma',
      burstiness: 0.5,
    });
    expect(faultsOf(`${target}\nload: { rate: 5, burstiness: 0.5 }`)[0]).toContain(
      's.yaml:2:18  load.burstiness: expected arrivals: gamma beside burstiness, got none',
    );
  });

  it('have a header and a cookie that name the session, and a place in every text', () => {
    const plan = planOf(`${target}
sessions: { turns: 4, header: X-Session-Id, cookie: sid }
cookies: { a: b }
load: { concurrency: 8 }
requests: [{ path: "/{turn}", json: { user: "{session}" } }]`);
    expect(plan.sessions).toEqual({ turns: 4, open: 16 });
    expect(plan.requests[0]?.headers).toEqual([
      ['X-Session-Id', '{session}'],
      ['Cookie', 'sid={session}; a=b'],
      ['Content-Type', 'application/json'],
    ]);
    expect(faultsOf(`${target}\nrequests: [{ path: "/{turn}" }]`)[0]).toContain('got "{turn}"');
  });

  it('never has two turns of one session in flight by itself', () => {
    const text = `${target}\nsessions: { turns: 2, open: 4, header: a }\nload: { concurrency: 8 }`;
    expect(faultsOf(text)).toEqual([
      's.yaml:2:29  sessions.open: expected at least as many sessions as requests in flight (8), got 4\n    hint: two turns of one session would be in flight at once',
    ]);
  });
});

describe('a key', () => {
  const text = `${target}\nauth: { bearerEnv: MY_KEY }`;
  const load = (env: Record<string, string>) =>
    loadScenario(text, 's.yaml', {
      overrides: {},
      baseDir: '/',
      env,
      readFile: () => new Uint8Array(),
      listFolder: () => [],
    });

  it('comes from the environment, and is in no report and no fault', () => {
    const loaded = load({ MY_KEY: 'sk-{1..5}secret' });
    if (!loaded.ok) throw new Error('refused');
    expect(loaded.plan.requests[0]?.headers).toEqual([['Authorization', 'Bearer sk-{{1..5}}secret']]);
    expect(JSON.stringify(describePlan(loaded.plan))).not.toContain('secret');
    expect(loaded.plan.secrets).toEqual([{ name: 'MY_KEY', value: 'sk-{1..5}secret' }]);
  });

  it.each([
    ['is not there', {}, 'expected the environment variable MY_KEY to hold a key, got none'],
    ['is empty', { MY_KEY: '' }, 'expected the environment variable MY_KEY to hold a key, got none'],
    [
      'ends in a line break',
      { MY_KEY: 'hidden\n' },
      'expected a key without blanks and control characters in MY_KEY, got one with them',
    ],
  ])('is asked for when it %s', (_, env: Record<string, string>, message) => {
    const loaded = load(env);
    expect(loaded.ok ? [] : loaded.faults).toMatchObject([
      { line: 2, column: 20, path: 'auth.bearerEnv', message },
    ]);
    expect(JSON.stringify(loaded)).not.toContain('hidden');
  });
});
