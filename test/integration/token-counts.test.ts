import { afterEach, expect, it } from 'vitest';
import { nativeEngine } from '../../src/engine/native/native-engine.js';
import type { Lab } from '../../src/lab/lab.js';
import type { InferenceBehaviour, RequestPlan } from '../../src/model/plan.js';
import type { BackendReport } from '../../src/model/report.js';
import { figuresOf } from '../../src/run/tally-figures.js';
import { jobFor } from '../engine/native/load-jobs.js';
import { inference, metricsOf, startInferenceLab } from '../lab/inference-lab.js';
import { describeWithNginx } from './real-nginx.js';

const llm = inference({ speed: 50, role: 'early', isUnbuffered: true });

const open: Lab[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((lab) => lab.close()));
});

/** Answers of 10 to 50 tokens. */
const requests = [10, 20, 30, 50].map((tokens): RequestPlan => {
  const body = JSON.stringify({
    model: 'm',
    messages: [{ role: 'user', content: 'one two three' }],
    max_tokens: tokens,
    stream: true,
    stream_options: { include_usage: true },
  });
  return {
    name: `${tokens} tokens`,
    method: 'POST',
    path: '/v1/chat/completions',
    headers: [['Content-Type', 'application/json']],
    body: { kind: 'bytes', bytes: Buffer.from(body) },
    weight: 1,
  };
});

async function run(behaviour: Partial<InferenceBehaviour>) {
  const lab = await startInferenceLab(
    3,
    { ...llm, ...behaviour },
    { balancer: 'nginx', method: 'least_conn' },
  );
  open.push(lab);
  const load = { requests: 150, concurrency: 12, timeoutMs: 60_000 };
  const { tally, durationMs } = await nativeEngine.run(jobFor(0, load, { target: lab.target, requests }), {});
  const figures = figuresOf(tally, { durationMs, expected: undefined, skewLimit: undefined });
  tally.release();
  const { backends, outcomes } = figures;
  return { backends, outcomes, llm: figures.llm, own: await Promise.all(backends.map(countersOf)) };
}

/** What a backend itself says. */
async function countersOf({ address }: BackendReport): Promise<{ prompt: number; generated: number }> {
  const value = await metricsOf(address);
  return { prompt: value('prompt_tokens_total'), generated: value('generation_tokens_total') };
}

describeWithNginx('tokens by backend', () => {
  it('are those that the backends count themselves', async () => {
    const { backends, own, llm: seen } = await run({});
    expect(backends).toHaveLength(3);
    expect(backends.map(({ llm }) => ({ prompt: llm?.tokens.in, generated: llm?.tokens.out }))).toEqual(own);
    expect(seen?.streams).toMatchObject({ complete: 150, truncated: 0, brokenOff: 0 });
  });

  it('are events where the backends do not say', async () => {
    const { backends, own, llm: seen } = await run({ usage: 'never' });
    expect(seen?.tokens.out).toBeUndefined();
    expect(backends.map(({ llm }) => llm?.eventsOut)).toEqual(own.map(({ generated }) => generated));
  });

  it('are whole with what was said of streams that died or failed on the way', async () => {
    const mishap = { every: 5, afterTokens: 7 };
    for (const behaviour of [{ cut: mishap }, { error: mishap }]) {
      const { backends, own, outcomes, llm: seen } = await run(behaviour);
      expect(outcomes.started).toBe(150);
      const failed = (outcomes.closed ?? 0) + (outcomes.streamErrors ?? 0) + (outcomes.truncated ?? 0);
      expect(failed).toBeGreaterThan(20);
      expect(seen?.streams.complete).toBe(150 - failed);
      // Each failure is its backend's own.
      const blamed = backends.map(
        ({ failures }) =>
          (failures?.closed ?? 0) + (failures?.streamErrors ?? 0) + (failures?.truncated ?? 0),
      );
      expect(blamed.reduce((sum, one) => sum + one, 0)).toBe(failed);
      expect(backends.map(({ llm }) => (llm?.tokens.out ?? 0) + (llm?.eventsOut ?? 0))).toEqual(
        own.map(({ generated }) => generated),
      );
    }
  });
});
