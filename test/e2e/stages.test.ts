import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Workplace } from './lbbench.js';
import { HttpTarget } from './target.js';

let [inFlight, peak, asked] = [0, 0, 0];
let server: HttpTarget;
let url = '';
const workplace = new Workplace();
beforeAll(async () => {
  server = await HttpTarget.start(async (_, response) => {
    asked += 1;
    inFlight += 1;
    peak = Math.max(peak, inFlight);
    await wait(5);
    inFlight -= 1;
    response.setHeader('X-Upstream', `10.0.0.${1 + (asked % 2)}:80`);
    response.end();
  });
  url = server.url;
});
afterAll(() => {
  server.close();
  workplace.remove();
});
beforeEach(() => {
  [inFlight, peak, asked] = [0, 0, 0];
});

describe('a load in stages', () => {
  it.each([1, 2])('never has more in flight than its stages say, from %i threads', async (threads) => {
    const stages = `stages: [{ duration: 300ms, concurrency: 2 }, { duration: 600ms, concurrency: { from: 2, to: 6 } }]`;
    const { report, code } = await workplace.run(
      `target: ${url}\nload: { ${stages} }\nthreads: ${threads}\n`,
    );
    expect(code).toBe(0);
    const [run] = report.runs;
    expect(peak).toBeLessThanOrEqual(6);
    expect(run?.outcomes.started).toBe(asked);
    expect(run?.stages?.map(({ name, durationMs }) => [name, durationMs])).toEqual([
      ['1: 2 in flight', 300],
      ['2: 2 to 6 in flight', 600],
    ]);
    expect(run?.stages?.reduce((sum, { started }) => sum + started, 0)).toBe(asked);
    expect(run?.stages?.[0]?.started).toBeGreaterThan(0);
  });

  it('starts as many as its rates come to', async () => {
    const stages =
      'stages: [{ duration: 500ms, rate: 50/s }, { duration: 1s, rate: { from: 50/s, to: 150/s } }]';
    const { report } = await workplace.run(`target: ${url}\nload: { ${stages} }\n`);
    const [run] = report.runs;
    // 0.5 s * 50/s, and 1 s * 100/s on average; what a machine that stood still did not start is counted as such.
    expect((run?.outcomes.started ?? 0) + (run?.outcomes.droppedStarts ?? 0)).toBe(125);
    expect(run?.outcomes.started).toBe(asked);
    expect(run?.stages?.[0]?.started).toBeLessThanOrEqual(25);
    expect(run?.stages?.[1]?.started).toBeLessThanOrEqual(100);
    const text = await workplace.lbbench(['run', 'scenario.yaml']);
    expect(text.stdout).toMatch(
      /Stage +for +requests +req\/s +p50 ms +p99 ms +skew\n +1: 50\/s +500 ms +\d+ /,
    );
  });
});
