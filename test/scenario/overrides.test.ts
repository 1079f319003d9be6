import { describe, expect, it } from 'vitest';
import type { Overrides } from '../../src/scenario/overrides.js';
import { faultsOf, planOf } from './load-text.js';

const target = 'target: http://127.0.0.1:8080\n';
const lab = 'lab: { servers: [127.0.0.1:8001, 127.0.0.1:8002 backup] }\n';

function withFlags(text: string, overrides: Overrides) {
  return planOf(text, {}, overrides);
}

describe('flags', () => {
  it('replace a duration by -n and requests by -t', () => {
    const timed = `${target}load: { duration: 30s }`;
    const counted = `${target}load: { requests: 50 }`;
    expect(withFlags(timed, { requests: 7 }).load).toMatchObject({ requests: 7, durationMs: undefined });
    expect(withFlags(counted, { durationSec: 2.5 }).load).toMatchObject({
      requests: undefined,
      durationMs: 2500,
    });
    expect(withFlags(counted, { requests: '9', durationSec: '1m' }).load).toMatchObject({
      requests: 9,
      durationMs: 60_000,
    });
  });

  it('set what they name, as text or as numbers', () => {
    const plan = withFlags(`${target}thresholds: [skew < 5%]\nseed: 3`, {
      concurrency: '20',
      ratePerSec: '90/m',
      algorithms: ['least_conn'],
      engine: 'autocannon',
      threads: 2,
      thresholds: ['p99 < 1s'],
      seed: '0',
    });
    expect(plan).toMatchObject({
      load: { model: 'open', ratePerSec: 1.5, concurrency: 20 },
      algorithms: [{ method: 'least_conn' }],
      engine: 'autocannon',
      threads: 2,
      seed: 0,
      thresholds: [
        { rule: { text: 'skew < 5%' } },
        { rule: { text: 'p99 < 1s' } },
        { rule: { isImplied: true } },
      ],
    });
  });

  it('send to --target instead of the lab, whose methods do not hold there', () => {
    const plan = withFlags(`${lab}algorithms: [round_robin, least_conn]`, {
      target: 'https://u:p@[::1]:8443/x',
    });
    expect(plan.lab).toBeUndefined();
    expect(plan.algorithms).toEqual([]);
    expect(plan.expected).toBeUndefined();
    expect(plan.target).toMatchObject({ url: 'https://[::1]:8443/x', host: '::1', port: 8443 });
    expect(plan.requests[0]?.headers).toEqual([['Authorization', 'Basic dTpw']]);
  });

  it('give a target to a scenario without one', () => {
    expect(withFlags('name: x', { target: 'http://a' }).target?.host).toBe('a');
  });

  it('say what is expected, add headers, and set rounds, warm-up and trust', () => {
    const text = `target: https://127.0.0.1\nheaders: { X-Team: search, x-trace: "1" }\nexpect: { a: 1 }`;
    const plan = withFlags(text, {
      expect: '127.0.0.1:8001=3, [::1]:8002=0.5,web=1',
      headers: ['X-Trace: 2', 'X-New:a: b', 'X-New: c'],
      warmup: '10k',
      repeat: '3',
      insecure: true,
    });
    expect(plan.expected).toEqual([
      { address: '127.0.0.1:8001', weight: 3 },
      { address: '[::1]:8002', weight: 0.5 },
      { address: 'web', weight: 1 },
    ]);
    expect(plan.requests[0]?.headers).toEqual([
      ['X-Team', 'search'],
      ['X-Trace', '2'],
      ['X-New', 'c'],
    ]);
    expect(plan).toMatchObject({
      repeat: 3,
      load: { warmup: { requests: 10_000 } },
      target: { tls: { verify: false } },
    });
    expect(withFlags(target, { warmup: '1m30s' }).load.warmup).toEqual({ durationMs: 90_000 });
    expect(withFlags(target, { requests: '10k', durationSec: '1m30s' }).load).toMatchObject({
      requests: 10_000,
      durationMs: 90_000,
    });
  });

  it('are refused by name when they are no weight, header, count or time', () => {
    expect(
      faultsOf(
        target,
        {},
        { expect: 'a=x', headers: ['Authorization Bearer secret', 'A: b\r\nC: d'], warmup: 'x', repeat: 'y' },
      ),
    ).toEqual([
      '--warmup: expected a number of requests such as 100 or a time such as 5s, got "x"',
      '--header: expected a header name such as X-Request-Id, got "a line without a colon"',
      '--header: expected a header value without control characters, got U+000D',
      '--expect: expected ADDRESS=WEIGHT, got "a=x"\n    hint: write addresses as nginx logs them: 127.0.0.1:8001=3,127.0.0.1:8002=1',
      '--repeat: expected an integer of at least 1, got "y"',
    ]);
    expect(faultsOf(lab, {}, { expect: 'a=1' })).toEqual([
      "--expect: expected expect only with a target, got it with lab\n    hint: a lab's weights are those of its servers",
    ]);
  });

  it('report their own faults by name, after those of the file', () => {
    expect(
      faultsOf(
        `${target}repeat: 0`,
        {},
        {
          requests: 'ten',
          concurrency: 0,
          durationSec: '5 minutes',
          ratePerSec: 'fast',
          algorithms: ['least_con'],
          engine: 'wrk',
          threads: 1.5,
          thresholds: ['skew < 5'],
          seed: Number.NaN,
          target: 'ftp://a',
        },
      ),
    ).toEqual([
      's.yaml:2:9  repeat: expected an integer of at least 1, got 0',
      '--target: expected the URL of a balancer, got "ftp://a"\n    hint: write http://host:port/path, https://…, http://[::1]:8080 or http://unix:/path.sock:/path',
      '--algorithm: expected a balancing method, got "least_con"\n    hint: use round_robin, least_conn, ip_hash, hash KEY, hash KEY consistent, random, or random two least_conn',
      '-n: expected an integer of at least 1, got "ten"',
      '-t: expected a time such as 20ms, 30s, 2m or 1h, got "5 minutes"',
      '-c: expected an integer of at least 1, got 0',
      '--rate: expected a rate above 0 such as 200/s or 90/m, got "fast"',
      '--threshold: expected a percentage or a ratio from 0 to 1, got "5"\n    hint: write 5%, or 500% if that is meant',
      '--seed: expected an integer of at least 0, got NaN',
      '--engine: expected one of native, autocannon, scripted, got "wrk"',
      '--threads: expected an integer of at least 1, got 1.5',
    ]);
  });

  it('are to blame for what does not fit because of them', () => {
    expect(faultsOf(target, {}, { algorithms: ['random', 'ip_hash'] })).toEqual([
      '--algorithm: expected at most one algorithm with a target, got 2\n    hint: name the one it uses; lbbench try sets an nginx on this machine to each of several, lab starts one of its own',
    ]);
    expect(
      faultsOf(`${target}thresholds: [x, skew < 5%]`, {}, { thresholds: ['p99{request=a} < 1s'] }),
    ).toEqual([
      expect.stringMatching(/^s\.yaml:2:14 {2}thresholds\[0\]: /),
      '--threshold: expected a known request, got "a"\n    hint: known are "GET /"',
    ]);
    expect(faultsOf(lab, {}, { algorithms: ['ip_hash'] })).toEqual([
      expect.stringMatching(/^s\.yaml:1:34 {2}lab\.servers\[1\]: expected no backup server with ip_hash/),
    ]);
  });
});

describe("the flags of vLLM's benchmark", () => {
  const asked = (llm: Overrides['llm'], files = {}) =>
    planOf('{}', files, { url: 'http://127.0.0.1:8000', llm: { model: 'm', datasetName: 'random', ...llm } });

  it('ask at once for as much as vLLM asks for', () => {
    const { load, requests } = asked({});
    expect(load).toMatchObject({ model: 'closed', requests: 1000, concurrency: 1000 });
    expect(requests).toMatchObject([
      {
        path: '/v1/chat/completions',
        body: {
          prompt: { tokens: { kind: 'fixed', tokens: 1024 } },
          output: { kind: 'fixed', tokens: 128 },
          isExact: false,
        },
      },
    ]);
  });

  it('say when, how many and how long', () => {
    const { load, requests } = asked({
      endpoint: '/v1/completions',
      numPrompts: '50',
      requestRate: '5',
      burstiness: '0.5',
      maxConcurrency: '16',
      randomInputLen: '100',
      randomOutputLen: '20',
      randomRangeRatio: '0.5',
      randomPrefixLen: '32',
      ignoreEos: true,
    });
    expect(load).toMatchObject({
      ...{ model: 'open', requests: 50, concurrency: 16, ratePerSec: 5 },
      ...{ arrivals: 'gamma', burstiness: 0.5 },
    });
    expect(requests[0]).toMatchObject({
      path: '/v1/completions',
      body: {
        api: 'completions',
        prompt: { tokens: { kind: 'uniform', min: 50, max: 150 }, prefix: { count: 1, tokens: 32 } },
        output: { kind: 'uniform', min: 10, max: 30 },
        isExact: true,
      },
    });
    expect(asked({ requestRate: '5' }).load).toMatchObject({ model: 'open', arrivals: 'poisson' });
    expect(asked({ requestRate: 'inf', maxConcurrency: '4' }).load).toMatchObject({
      model: 'closed',
      concurrency: 4,
    });
  });

  it('say what is good', () => {
    const { slo } = planOf(
      '{}',
      {},
      {
        url: 'http://127.0.0.1:8000',
        llm: { model: 'm', datasetName: 'random', goodput: ['ttft:200', 'tpot:50', 'e2el:5000'] },
      },
    );
    expect(slo).toEqual({ ttftMs: 200, tpotMs: 50, e2eMs: 5000 });
    const wrong = faultsOf(
      '{}',
      {},
      {
        url: 'http://127.0.0.1:8000',
        llm: { model: 'm', datasetName: 'random', goodput: ['ttft:soon', 'itl:5'] },
      },
    );
    expect(wrong.join('\n')).toContain('--goodput: expected a time such as 20ms, 30s, 2m or 1h, got "soon"');
    expect(wrong.join('\n')).toContain('--goodput: expected a known key, got "itl"');
  });

  it('take prompts of a file', () => {
    const files = { 'p.jsonl': '{"prompt": "p"}' };
    const { requests } = asked({ datasetName: 'custom', datasetPath: 'p.jsonl' }, files);
    expect(requests[0]?.body).toMatchObject({ prompt: { kind: 'texts', texts: { file: 'p.jsonl' } } });
  });

  it('are refused by name', () => {
    const faults = faultsOf(
      '{}',
      {},
      {
        url: 'http://127.0.0.1:8000',
        llm: {
          datasetName: 'random',
          numPrompts: 'many',
          requestRate: '-1',
          randomInputLen: 'long',
          apiKeyEnv: 'not a name',
        },
      },
    );
    expect(faults.map((fault) => fault.split('\n')[0])).toEqual([
      '--num-prompts: expected an integer of at least 1, got "many"',
      '--request-rate: expected a number above 0, got -1',
      '--random-input-len: expected an integer of at least 1, got "long"',
      '--api-key-env: expected the name of an environment variable, got something else',
    ]);
  });
});
