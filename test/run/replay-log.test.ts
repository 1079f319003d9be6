import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { encodersOf } from '../../src/engine/request-encoder.js';
import { requestMixOf } from '../../src/engine/request-mix.js';
import { Schedule } from '../../src/engine/schedule.js';
import { LbbenchError } from '../../src/model/fault.js';
import type { Plan, Target } from '../../src/model/plan.js';
import { loadJobOf } from '../../src/run/load-job.js';
import { type ReplayOptions, replayLog } from '../../src/run/replay-log.js';
import { readScenario } from '../../src/run/scenario-file.js';
import { describePlan } from '../../src/scenario/describe-plan.js';
import type { Overrides } from '../../src/scenario/overrides.js';

const folder = mkdtempSync(join(tmpdir(), 'lbbench-replay-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const exact = '$msec $request_time "$request" $status';

async function replayOf(
  lines: readonly string[],
  options: Partial<ReplayOptions> = {},
  overrides: Overrides = {},
  scenario?: string,
) {
  const file = join(folder, 'access.log');
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  const path = join(folder, 'scenario.yaml');
  if (scenario !== undefined) writeFileSync(path, scenario);
  const { plan } = readScenario(scenario === undefined ? 'http://h' : path, { ...overrides, fromLog: true });
  return replayLog(plan, { file, format: exact, ...options });
}

/** What is sent when, in the order of its numbers: `5000 us GET /a`. */
function sent(plan: Plan, requests = plan.load.requests ?? 0): string[] {
  const job = loadJobOf(plan, plan.target as Target, { poolNames: [] });
  const mix = requestMixOf(job);
  const encoders = encodersOf(job);
  const schedule = new Schedule(job.load, job.seed);
  return Array.from({ length: requests }, (_, index) => {
    const encoder = encoders[mix.kindOf(index)];
    const due = Math.round(schedule.dueUs);
    schedule.advance();
    return `${due} us ${encoder?.request.method} ${encoder?.pathOf(index)}`;
  });
}

const three = [
  // Came at 100.0, ended last: a log has requests in the order of their end.
  '100.250 0.050 "GET /b HTTP/1.1" 200',
  '100.300 0.000 "POST /c?x=1 HTTP/1.1" 200',
  '100.500 0.500 "GET /a HTTP/1.1" 200',
];

describe('the replay of a log', () => {
  it('sends its methods and paths in the order and at the times of their arrival', async () => {
    const { plan } = await replayOf(three);
    expect(sent(plan)).toEqual(['0 us GET /a', '200000 us GET /b', '300000 us POST /c?x=1']);
    expect(plan.load).toMatchObject({ model: 'open', requests: 3, concurrency: 10_000 });
    expect(plan.requests.map(({ name }) => name)).toEqual(['GET', 'POST']);
  });

  it('is so many times as fast, and of the first so many lines', async () => {
    expect(sent((await replayOf(three, { speed: 4 })).plan)).toEqual([
      '0 us GET /a',
      '50000 us GET /b',
      '75000 us POST /c?x=1',
    ]);
    expect(sent((await replayOf(three, { requests: 2 })).plan)).toEqual([
      '0 us GET /b',
      '100000 us POST /c?x=1',
    ]);
  });

  it('keeps a rate of your own where it is asked for, with the paths in the order of the log', async () => {
    const { plan } = await replayOf(three, { isUntimed: true }, { ratePerSec: 10 });
    expect(sent(plan)).toEqual(['0 us GET /b', '100000 us POST /c?x=1', '200000 us GET /a']);
    expect(plan.load.ratePerSec).toBe(10);
  });

  it('keeps what the scenario says of headers, and how to send; what it says of requests does not count', async () => {
    const scenario =
      'target: http://h\nheaders: { X-Key: k }\nload: { requests: 5, keepAlive: false, concurrency: 7 }\nrequests: [{ path: /other, exactly: 5 }]\n';
    const { plan } = await replayOf(three, {}, {}, scenario);
    expect(plan.load).toMatchObject({ requests: 3, keepAlive: false, concurrency: 7 });
    expect(plan.requests.every(({ headers }) => headers.some(([name]) => name === 'X-Key'))).toBe(true);
    expect(plan.requests.every(({ exactly }) => exactly === undefined)).toBe(true);
  });

  it('spreads what a log of whole seconds dates by one of them evenly over it, less what each took', async () => {
    const line = (path: string, second: number) =>
      `1.1.1.1 - - [14/Nov/2023:22:13:0${second} +0000] "GET ${path} HTTP/1.1" 200 5 "-" "c"`;
    const log = [line('/a', 1), line('/b', 1), line('/c', 2), line('/d', 4)];
    const { plan, warnings } = await replayOf(log, { format: 'combined' });
    // The middles of halves and wholes: 1.25, 1.75, 2.5, 4.5.
    expect(sent(plan)).toEqual(['0 us GET /a', '500000 us GET /b', '1250000 us GET /c', '3250000 us GET /d']);
    expect(warnings.map(({ text }) => text)).toEqual([expect.stringContaining('whole seconds')]);
  });

  it('leaves out what is no request to send again, and says so', async () => {
    const log = [
      ...three,
      'what is this',
      '101.000 0.000 "\\x16\\x03\\x01" 400',
      '101.000 0.000 "GET http://evil/ HTTP/1.1" 200',
      '101.000 0.000 "CONNECT h:443 HTTP/1.1" 405',
      '101.000 0.000 "GET /a b HTTP/1.1" 400',
      '101.500 0.000 "GET /caf\\xC3\\xA9#x HTTP/1.1" 200',
      '102.000 0.000 "GET /caf\\xC3\\xA9 HTTP/1.1" 200',
    ];
    const { plan, warnings } = await replayOf(log);
    expect(sent(plan).at(-1)).toBe('2000000 us GET /caf%C3%A9');
    const texts = warnings.map(({ text }) => text).join('\n');
    expect(texts).toMatch(/lines that do not match the format \(1\), the first is line 4/);
    expect(texts).toMatch(/requests without a method and a path to send again \(\d\)/);
    expect(texts).toMatch(/1 of 4 requests \(POST and the like\) are sent without a body/);
    for (const request of sent(plan)) expect(request).toMatch(/^\d+ us (GET|POST) \/[\x21-\x7e]*$/);
  });

  it('takes no 404 of a demo backend, which knows no such path, for an error', async () => {
    const lab = 'lab: { servers: [127.0.0.1:1] }';
    const { plan, warnings } = await replayOf(three, {}, {}, lab);
    expect(plan.requests.map(({ method, errors }) => [method, errors])).toEqual([
      ['GET', undefined],
      ['POST', [{ status: '404', isError: false }]],
    ]);
    expect(warnings.map(({ text }) => text)).toContainEqual(
      expect.stringContaining('demo backends answer POST with 404'),
    );
    const own = await replayOf(three, {}, {}, 'lab: { backends: running, servers: [127.0.0.1:1] }');
    expect(own.plan.requests.every(({ errors }) => errors === undefined)).toBe(true);
  });

  it('warms up with the same kinds and paths that it measures', async () => {
    const { plan } = await replayOf(three);
    const job = loadJobOf(plan, plan.target as Target, { poolNames: [] });
    const mix = requestMixOf(job);
    const encoders = encodersOf(job);
    for (let index = 2 ** 40; index < 2 ** 40 + 12; index++) {
      const encoder = encoders[mix.kindOf(index)];
      const paths = encoder?.request.method === 'POST' ? ['/c?x=1'] : ['/a', '/b'];
      expect(paths).toContain(encoder?.pathOf(index));
    }
  });

  it('has no paths in the report: they may hold what is nobody else’s business', async () => {
    const { plan } = await replayOf(three);
    const text = JSON.stringify(describePlan(plan));
    expect(text).not.toContain('/c?x=1');
    expect(text).toContain('"spanMs":300');
  });

  it.each([
    ['no times', ['"GET /a HTTP/1.1" 200'], '"$request" $status', 'says when requests came'],
    ['no requests', ['100.250 200'], '$msec $status', 'expected a log with the requests'],
    ['nothing to send', ['100.250 0.1 "-" 200'], exact, 'can be sent again, got none'],
  ])('refuses a log with %s', async (_what, lines, format, message) => {
    const refused = replayOf(lines, { format });
    await expect(refused).rejects.toBeInstanceOf(LbbenchError);
    await expect(refused).rejects.toMatchObject({
      faults: [{ path: '--from-log', message: expect.stringContaining(message), hint: expect.any(String) }],
    });
  });
});
