import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Report, RunReport } from '../../src/model/report.js';
import { freePorts } from '../lab/free-port.js';
import { watchLateness } from '../lateness.js';
import { Workplace } from './lbbench.js';
import { HttpTarget } from './target.js';

let workplace: Workplace;
let server: HttpTarget;
let url = '';
beforeAll(async () => {
  server = await HttpTarget.start((_, response) => {
    response.setHeader('X-Upstream', '10.0.0.1:80');
    response.end('ok');
  });
  url = server.url;
});
afterAll(() => {
  server.close();
});
beforeEach(() => {
  workplace = new Workplace();
});
afterEach(() => workplace.remove());

async function runOf(args: readonly string[], scenario = `target: ${url}`): Promise<RunReport> {
  const { report, code } = await workplace.run(scenario, args);
  expect(code).toBe(0);
  const [run] = report.runs;
  if (run === undefined) throw new Error('expected a run');
  return run;
}

describe('a flag of lbbench run', () => {
  it.each([
    [['-n', '7'], { requests: 7 }, 7],
    [['-n7', '-c3'], { requests: 7, concurrency: 3 }, 7],
    [['--requests', '12', '--concurrency', '4', '--threads', '2'], { requests: 12, concurrency: 4 }, 12],
    [['-n', '20', '--rate', '400/s'], { model: 'open', ratePerSec: 400, requests: 20 }, 20],
  ])('replaces what the scenario says: %j', async (flags, load, started) => {
    const run = await runOf(flags, `target: ${url}\nload: { requests: 5, concurrency: 1 }`);
    expect(run.load).toMatchObject(load);
    expect(run.outcomes).toMatchObject({ started, responses: started });
  });

  it('-t runs for a time instead of a number of requests', async () => {
    using machine = watchLateness();
    const run = await runOf(['-t', '1', '-c', '2'], `target: ${url}\nload: { requests: 1 }`);
    expect(run.load.requests).toBe(null);
    expect(run.load.durationMs).toBeGreaterThan(900);
    expect(run.load.durationMs).toBeLessThan(2_500 + machine.lateMs);
    expect(run.outcomes.responses).toBeGreaterThan(0);
  });

  it('-t and -n end at whichever comes first, as with ab', async () => {
    const run = await runOf(['-t', '60', '-n', '10']);
    expect(run.outcomes.started).toBe(10);
  });

  it('--threads sends from no more threads than there are connections', async () => {
    const run = await runOf(['--threads', '4', '-c', '1', '-n', '20', '--rate', '200/s']);
    expect(run.outcomes).toMatchObject({ started: 20, responses: 20 });
    expect((await runOf(['--threads', '4', '-c', '2', '-n', '20'])).outcomes.responses).toBe(20);
  });

  it('--target takes the place of a lab', async () => {
    const [port] = await freePorts(1);
    const lab = `lab: { balancer: embedded, servers: ["127.0.0.1:${port}"] }\nalgorithms: [least_conn]`;
    const run = await runOf(['--target', url, '-n', '3'], lab);
    expect(run).toMatchObject({ balancer: url, algorithm: null, outcomes: { responses: 3 } });
  });

  it.each(['native', 'autocannon', 'scripted'])('--engine %s sends the load', async (engine) => {
    const run = await runOf(['--engine', engine, '-n', '30', '-c', '3']);
    expect(run).toMatchObject({ engine, outcomes: { started: 30, responses: 30 } });
  });

  it('--threshold adds rules to those of the scenario', async () => {
    const scenario = `target: ${url}\nload: { requests: 5 }\nthresholds: ["errors < 1%"]`;
    const { report, code } = await workplace.run(scenario, [
      ...['--threshold', 'p99 < 60s', '--threshold', 'rps > 9000000'],
    ]);
    expect(code).toBe(1);
    expect(report.thresholds.map(({ rule, verdict }) => [rule, verdict])).toEqual([
      ['errors < 1%', 'pass'],
      ['p99 < 60s', 'pass'],
      ['rps > 9000000', 'fail'],
    ]);
    expect(report.verdict).toBe('fail');
  });

  it('is checked by the rules of the scenario, all flags at once', async () => {
    const file = workplace.write('scenario.yaml', `target: ${url}`);
    const { code, stdout, stderr } = await workplace.lbbench([
      ...['run', file, '-n', '0', '-c', 'many', '-t', 'x', '--rate', '-5', '--algorithm', 'sideways'],
      ...['--target', 'ftp://x', '--engine', 'wrk', '--threads', '0', '--threshold', 'skew', '--seed', '-1'],
    ]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    const lines = stderr.split('\n');
    for (const fault of [
      '-n: expected an integer of at least 1, got 0',
      '-c: expected an integer of at least 1, got "many"',
      '-t: expected a time such as 20ms, 30s, 2m or 1h, got "x"',
      '--rate: expected a number above 0, got -5',
      '--algorithm: expected a balancing method, got "sideways"',
      '--target: expected the URL of a balancer, got "ftp://x"',
      '--engine: expected one of native, autocannon, scripted, got "wrk"',
      '--threads: expected an integer of at least 1, got 0',
      '--threshold: expected <, <=, > or >=, got the end of the rule',
      '--seed: expected an integer of at least 0, got -1',
    ]) {
      expect(lines).toContain(fault);
    }
  });
});

describe('lbbench run URL', () => {
  it('needs no file', async () => {
    const { code, stdout, stderr } = await workplace.lbbench([
      ...[
        'run',
        `${url}/chat`,
        '-n',
        '0.02k',
        '-c',
        '4',
        '--repeat',
        '2',
        '--warmup',
        '3',
        '--quiet',
        '--export-json',
        '-',
      ],
      ...[
        '--expect',
        '10.0.0.1:80=3,10.0.0.2:80=1',
        '--header',
        'X-Team: search',
        '--threshold',
        'errors < 1%',
      ],
    ]);
    expect(stderr).toBe('');
    const report = JSON.parse(stdout) as Report;
    const name = url.replace('http://', '');
    expect(report.runs.map((run) => run.name)).toEqual([`${name} #1`, `${name} #2`]);
    expect(report.scenario).toMatchObject({
      requests: [{ name: 'GET /chat', headers: [['X-Team', 'search']] }],
    });
    for (const run of report.runs) {
      expect(run.outcomes).toMatchObject({ started: 20, responses: 20 });
      expect(run.backends.map(({ address, weight, count }) => [address, weight, count])).toEqual([
        ['10.0.0.1:80', 3, 20],
        ['10.0.0.2:80', 1, 0],
      ]);
    }
    expect(code).toBe(0);
    expect(workplace.reports()).toEqual([expect.stringMatching(/^127\.0\.0\.1-\d+-.*\.json$/)]);
  });

  it('says what is wrong by flag, without a file that is not there', async () => {
    const { code, stderr } = await workplace.lbbench(['run', 'http://127.0.0.1:99999/', '-n', 'x']);
    expect({ code, lines: stderr.trimEnd().split('\n') }).toEqual({
      code: 2,
      lines: [
        'URL: expected a port from 1 to 65535, got 99999',
        '-n: expected an integer of at least 1, got "x"',
      ],
    });
  });
});
