import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Lab } from '../../src/lab/lab.js';
import type { InferenceBehaviour } from '../../src/model/plan.js';
import type { Report } from '../../src/model/report.js';
import { Workplace } from '../e2e/lbbench.js';
import { inference, metricsOf, proxyOf, startInferenceLab } from '../lab/inference-lab.js';
import { describeWithNginx } from './real-nginx.js';

const llm = inference({ cacheTokens: 8192, speed: 20, role: 'early', reasoningTokens: 2 });

let place: Workplace;
let lab: Lab | undefined;
beforeEach(() => {
  place = new Workplace();
});
afterEach(async () => {
  place.remove();
  await lab?.close();
});

async function start(changes: Partial<InferenceBehaviour>): Promise<Lab> {
  const ways = { balancer: 'nginx', zone: true, proxy: proxyOf({ buffering: false }) } as const;
  lab = await startInferenceLab(3, { ...llm, ...changes }, { ...ways, method: 'least_conn' });
  return lab;
}

/** What a server says of itself, in vLLM's names. */
async function counters(address: string) {
  const value = await metricsOf(address);
  return {
    in: value('prompt_tokens_total'),
    out: value('generation_tokens_total'),
    cached: value('prefix_cache_hits_total'),
  };
}

async function total() {
  const all = await Promise.all((lab?.servers ?? []).map(({ line }) => counters(line.address)));
  return { out: all.reduce((sum, { out }) => sum + out, 0) };
}

function scenarioOf(url: string, usage: string, amount: string): string {
  return `
target: ${url}
load: { ${amount}, concurrency: 20 }
sessions: { turns: 3, header: X-Session-Id }
allowErrors: true
requests:
  - llm: { model: demo, usage: ${usage}, prompts: { tokens: 80, stddev: 40 }, output: { lognormal: { median: 12, p99: 80 } } }
  - llm: { api: completions, model: demo, usage: ${usage}, prompts: 50, output: 9 }
`;
}

async function measured(url: string, usage: string): Promise<Report['runs'][number]> {
  const { report } = await place.run(scenarioOf(url, usage, 'requests: 300'));
  const [run] = report.runs;
  if (run === undefined) throw new Error('expected a run');
  return run;
}

describeWithNginx('the tokens of each backend, by its answers and by its own counters', () => {
  it('are the same, to the token', async () => {
    const { target, servers } = await start({});
    const run = await measured(target.url, 'true');
    expect(run.outcomes).toMatchObject({ started: 300, responses: 300 });
    expect(run.backends).toHaveLength(3);
    for (const { address, llm } of run.backends) {
      expect(llm?.tokens).toMatchObject(await counters(address));
      expect(llm?.counted).toMatchObject({ events: 0, none: 0 });
    }
    expect(servers.map(({ line }) => line.address).sort()).toEqual(
      run.backends.map(({ address }) => address).sort(),
    );
  });

  it('are the same through deaths in the middle, errors in streams, and attempts at a server that is gone', async () => {
    const { target, servers, act } = await start({
      cut: { every: 7, afterTokens: 4 },
      error: { every: 5, afterTokens: 3 },
    });
    const gone = servers[2]?.line.address ?? '';
    await act({ backend: gone, action: 'stop' });
    // Every event tells the usage so far, so that what died has told its part.
    const run = await measured(target.url, 'continuous');
    expect(run.outcomes.responses).toBeLessThan(300);
    const served = run.backends.filter(({ address }) => address !== gone);
    expect(served).toHaveLength(2);
    for (const { address, llm } of served) {
      expect(llm?.streams.errorInStream).toBeGreaterThan(0);
      // By HTTP/1.0 nginx cannot tell the death of a backend from the end of its answer.
      expect(llm?.streams.truncated).toBeGreaterThan(0);
      expect(llm?.tokens).toMatchObject(await counters(address));
    }
    // nginx asks the next one when it cannot connect, and leaves it alone for ten seconds then.
    const absent = run.backends.find(({ address }) => address === gone);
    expect(absent?.count).toBe(0);
    expect(absent?.retries).toBeGreaterThan(0);
  });

  it('are the same of a run that is interrupted: what is under way is waited for', async () => {
    const { target } = await start({});
    const file = place.write('long.yaml', scenarioOf(target.url, 'true', 'duration: 60s'));
    const { child, ended } = place.start(['run', file, '--quiet', '--export-json', 'r.json']);
    // So many tokens that it is in the middle.
    await expect.poll(async () => (await total()).out, { timeout: 20_000 }).toBeGreaterThan(500);
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    const [run] = (JSON.parse(place.read('r.json')) as Report).runs;
    expect(run?.interrupted).toBe(true);
    for (const { address, llm } of run?.backends ?? [])
      expect(llm?.tokens).toMatchObject(await counters(address));
  });

  it('are the events where a server tells no usage', async () => {
    const { target } = await start({ usage: 'never', cut: { every: 7, afterTokens: 4 } });
    const run = await measured(target.url, 'true');
    for (const { address, llm } of run.backends) {
      expect(llm?.tokens.out ?? 0).toBe(0);
      expect(llm?.eventsOut).toBe((await counters(address)).out);
    }
  });
});
