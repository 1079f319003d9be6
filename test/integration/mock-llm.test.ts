import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PromptBody } from '../../src/engine/llm/prompt-body.js';
import type { LlmBody } from '../../src/model/llm.js';
import { Workplace } from '../e2e/lbbench.js';
import { freePorts } from '../lab/free-port.js';
import { planOf } from '../scenario/load-text.js';
import { describeWithNginx } from './real-nginx.js';

const require = createRequire(import.meta.url);
/** OpenAI's API by somebody else (https://github.com/dwmkerr/mock-llm): it says again what it is told, 50 characters an event. */
const program = require.resolve('@dwmkerr/mock-llm/dist/main.js');
const eventLength = 50;

let place: Workplace;
const servers: ChildProcess[] = [];
beforeEach(() => {
  place = new Workplace();
});
afterEach(() => {
  for (const server of servers.splice(0)) server.kill('SIGKILL');
  place.remove();
});

async function serve(port: number): Promise<void> {
  const env = { ...process.env, HOST: '127.0.0.1', PORT: String(port) };
  servers.push(spawn(process.execPath, [program], { env, cwd: place.folder, stdio: 'ignore' }));
  const isUp = () =>
    fetch(`http://127.0.0.1:${port}/v1/models`).then(
      ({ ok }) => ok,
      () => false,
    );
  await expect.poll(isUp, { timeout: 15_000 }).toBe(true);
}

describeWithNginx('two servers that nobody here wrote, behind nginx', () => {
  it('are read to the event, and each has half', async () => {
    const ports = await freePorts(2);
    await Promise.all(ports.map(serve));
    const scenario = `
lab:
  balancer: nginx
  backends: running
  servers: [${ports.map((port) => `127.0.0.1:${port}`).join(', ')}]
  proxy: { buffering: off }
load: { requests: 40, concurrency: 4 }
requests:
  - llm: { model: m, prompts: { min: 10, max: 60 } }
thresholds: [errors <= 0%, skew <= 0%]
`;
    const { report, code } = await place.run(scenario);
    expect(code).toBe(0);
    const [run] = report.runs;
    expect(run?.outcomes).toMatchObject({ started: 40, responses: 40 });
    expect(run?.backends.map(({ count }) => count)).toEqual([20, 20]);
    expect(run?.llm?.streams).toMatchObject({ complete: 40, truncated: 0, badEvents: 0 });
    // It tells no usage, so events are what is counted; how many follows from what it was asked.
    const body = planOf(scenario).requests[0]?.body as LlmBody;
    const prompts = new PromptBody(body, 1);
    let events = 0;
    for (let index = 0; index < 40; index += 1) {
      const { messages } = JSON.parse(prompts.textOf(index)) as {
        messages: readonly { readonly content: string }[];
      };
      events += Math.ceil((messages.at(-1)?.content.length ?? 0) / eventLength);
    }
    expect(run?.llm).toMatchObject({ counted: { usage: 0, events: 40, none: 0 }, eventsOut: events });
    expect(run?.backends.reduce((sum, { llm }) => sum + (llm?.eventsOut ?? 0), 0)).toBe(events);
  });
});
