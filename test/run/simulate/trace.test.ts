import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomUnit } from '../../../src/engine/counter-random.js';
import type { SimulatedRun } from '../../../src/model/simulation.js';
import { simulate } from '../../../src/run/simulate/simulate.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lbbench-test-'));
  writeFileSync(join(folder, 'pool.conf'), 'upstream p { server 10.0.0.1:1; server 10.0.0.2:1; }');
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Row {
  readonly timestamp: number;
  readonly input_length: number;
  readonly output_length: number;
  readonly hash_ids?: readonly number[];
}

async function simulated(rows: readonly Row[], algorithms: readonly string[], cacheTokens = 0) {
  const trace = join(folder, 'trace.jsonl');
  writeFileSync(trace, rows.map((row) => JSON.stringify(row)).join('\n'));
  const servers = { preset: '3b-l40s', slots: 16, cacheTokens } as const;
  const requests = { trace, requests: undefined, speed: 1, servers };
  return simulate({ upstreamFile: join(folder, 'pool.conf'), algorithms, requests, seed: 1 });
}

const of = (runs: readonly SimulatedRun[], name: string) => {
  const run = runs.find(({ algorithm }) => algorithm === name);
  if (run?.llm === undefined) throw new Error(`no run of ${name}`);
  return { ...run, llm: run.llm };
};

describe('a trace through servers of language models', () => {
  it('knows what one request holds, and for how long', async () => {
    // 110 ms to the first token, 15 ms to each of the others: done after 125 ms.
    const { runs, durationMs } = await simulated([{ timestamp: 0, input_length: 100, output_length: 2 }], []);
    expect(durationMs).toBe(125);
    const [first, second] = of(runs, 'round_robin').backends;
    expect(first?.llm).toEqual({
      tokensIn: 100,
      tokensOut: 2,
      meanHeldTokens: (100 * 110 + 101 * 15) / 125,
      peakHeldTokens: 101,
      cachedRatio: 0,
    });
    expect(second?.llm).toMatchObject({ tokensIn: 0, tokensOut: 0, meanHeldTokens: 0 });
    expect(of(runs, 'round_robin').llm).toMatchObject({
      tokenSkew: 1,
      promptSkew: 1,
      heldSkew: 1,
      ttftMs: { p50: 110, p99: 110 },
    });
  });

  it('sums tokens by backend as the method places them', async () => {
    const rows = Array.from({ length: 100 }, (_, index) => ({
      timestamp: index * 10_000,
      input_length: 10 + index,
      output_length: index % 2 === 0 ? 30 : 10,
    }));
    const { runs } = await simulated(rows, ['round_robin']);
    // Lengths that alternate meet a rotation that alternates: requests are even, tokens 3 to 1.
    const { backends, distribution, llm } = of(runs, 'round_robin');
    expect(backends.map(({ count, llm }) => [count, llm?.tokensOut])).toEqual([
      [50, 1500],
      [50, 500],
    ]);
    expect(distribution.skew).toBe(0);
    expect(llm.tokenSkew).toBe(0.5);
    expect(backends.map(({ llm }) => llm?.tokensIn)).toEqual([2950, 3000]);
    // Kish: 2000^2 / (50 * 900 + 50 * 100) = 80 requests of one length.
    expect(llm.tokenSkewNoise).toBeGreaterThan(0.25);
    expect(llm.tokenSkewNoise).toBeLessThan(0.35);
  });

  it('shows that least_conn evens out requests and not tokens held, and that a hash on the session keeps the cache', async () => {
    const rows: Row[] = [];
    const conversations: number[][] = [];
    let block = 1;
    for (let index = 0; index < 3000; index += 1) {
      const draw = (number: number) => randomUnit(5, index, number);
      const old = draw(0) < 0.8 ? conversations[Math.floor(draw(1) * conversations.length)] : undefined;
      const ids = old ?? [0];
      if (old === undefined) conversations.push(ids);
      if (conversations.length > 60) conversations.shift();
      ids.push(block++);
      rows.push({
        timestamp: index * 60,
        input_length: ids.length * 512 + 1,
        // Heavy-tailed: a tenth is thirty times as long.
        output_length: draw(2) < 0.1 ? 900 : 30,
        hash_ids: [...ids],
      });
    }
    const hash = 'hash $http_x_session_id consistent';
    // Room for half of the conversations.
    const { runs, warnings } = await simulated(rows, ['round_robin', 'least_conn', hash], 200_000);
    expect(warnings).toEqual([]);
    const [rr, lc, ch] = ['round_robin', 'least_conn', hash].map((name) => of(runs, name));
    // Whatever the method, all of it is done.
    const out = rows.reduce((sum, { output_length }) => sum + output_length, 0);
    for (const run of [rr, lc, ch]) {
      expect(run?.backends.reduce((sum, { llm }) => sum + (llm?.tokensOut ?? 0), 0)).toBe(out);
    }
    expect(lc?.distribution.inFlightSkew).toBeLessThan(0.02);
    expect(lc?.llm.heldSkew).toBeGreaterThan(2 * (lc?.distribution.inFlightSkew ?? 1));
    expect(ch?.llm.cachedRatio).toBeGreaterThan((rr?.llm.cachedRatio ?? 1) + 0.1);
    expect(ch?.llm.ttftMs.p50).toBeLessThanOrEqual(rr?.llm.ttftMs.p50 ?? 0);
    expect(ch?.distribution.skew).toBeGreaterThan(rr?.distribution.skew ?? 1);
  });

  it('tells what a trace does not', async () => {
    const rows = [{ timestamp: 0, input_length: 1, output_length: 1 }];
    const { warnings } = await simulated(rows, [
      'ip_hash',
      'hash $http_x_session_id',
      'hash $request_uri',
      'hash $http_cookie',
    ]);
    expect(warnings.map(({ text }) => text.replace(/"[^"]*"/, 'it'))).toEqual([
      'ip_hash: all requests of a trace come from 127.0.0.1',
      'hash $http_x_session_id: it does not say which prompts begin alike, so every request has a session of its own',
      'hash $request_uri: all requests of a trace ask for the same, so $request_uri is one key',
      'hash $http_cookie: a trace has no headers but X-Session-Id, so $http_cookie is empty',
      'it does not say what prompts have in common, so nothing of them is found in a cache',
    ]);
  });

  it('refuses a trace that is none, with its line', async () => {
    await expect(simulated([{ timestamp: 0, input_length: 1, output_length: -1 }], [])).rejects.toMatchObject(
      {
        kind: 'usage',
        faults: [
          {
            line: 1,
            message: expect.stringContaining('expected the tokens of the answer as a whole number'),
          },
        ],
      },
    );
  });
});
