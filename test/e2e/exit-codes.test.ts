import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freePorts } from '../lab/free-port.js';
import { Workplace } from './lbbench.js';
import { HttpTarget } from './target.js';

let workplace: Workplace;
let server: HttpTarget;
let target = '';
/** The only server answers as two backends in turn. */
beforeAll(async () => {
  let turn = 0;
  server = await HttpTarget.start((_, response) => {
    response.setHeader('X-Upstream', `10.0.0.${(turn++ % 2) + 1}:80`);
    response.end('ok');
  });
  target = `target: ${server.url}`;
});
afterAll(() => {
  server.close();
});
beforeEach(() => {
  workplace = new Workplace();
});
afterEach(() => workplace.remove());

async function codeOf(scenario: string, args: readonly string[] = []): Promise<number | null> {
  const file = workplace.write('scenario.yaml', scenario);
  const { code, stderr } = await workplace.lbbench(['run', file, '--quiet', ...args]);
  expect(stderr).not.toMatch(/^ +at /m);
  return code;
}

const ten = 'load: { requests: 10 }';

describe('lbbench run ends with', () => {
  it('0 when no thresholds are set', async () => {
    expect(await codeOf(`${target}\n${ten}`)).toBe(0);
  });

  it('0 when all thresholds are kept', async () => {
    // 10 in turn over two backends are 5 and 5.
    expect(await codeOf(`${target}\n${ten}\nthresholds: ["skew < 5%", "errors < 0.1%"]`)).toBe(0);
  });

  it('1 when one of them is not', async () => {
    expect(await codeOf(`${target}\n${ten}\nthresholds: ["skew < 5%", "rps > 9000000"]`)).toBe(1);
  });

  it('4 when there were too few requests to tell', async () => {
    // Three requests are 2 and 1, a skew of 1/3, which chance makes of every fair draw.
    expect(await codeOf(`${target}\nload: { requests: 3, concurrency: 1 }\nthresholds: ["skew < 5%"]`)).toBe(
      4,
    );
  });

  it('4 when nothing was seen of what a threshold judges', async () => {
    const other = 'attribution: { header: X-Other }';
    expect(await codeOf(`${target}\n${ten}\n${other}\nthresholds: ["skew < 5%"]`)).toBe(4);
  });

  it('1 when one threshold failed, although another could not be told', async () => {
    const rules = 'thresholds: ["skew < 5%", "rps > 9000000"]';
    expect(await codeOf(`${target}\nload: { requests: 3, concurrency: 1 }\n${rules}`)).toBe(1);
  });

  it('3 when the target refuses every connection, and still reports', async () => {
    const [port] = await freePorts(1);
    const { code, report } = await workplace.run(`target: http://127.0.0.1:${port}\n${ten}`);
    expect(code).toBe(3);
    expect(report.runs[0]?.outcomes).toMatchObject({ started: 10, connectErrors: 10, responses: 0 });
    expect(workplace.reports()).toHaveLength(1);
  });

  it("3 when the target's name does not resolve", async () => {
    expect(await codeOf(`target: http://no-such-host.invalid\n${ten}`)).toBe(3);
  });

  it('3 when a port of the lab is taken', async () => {
    const port = server.port;
    const lab = `lab: { balancer: embedded, servers: ["127.0.0.1:${port}"] }`;
    expect(await codeOf(`${lab}\n${ten}`)).toBe(3);
  });

  it.each([
    ['no file', ['run']],
    ['a file that is not there', ['run', 'missing.yaml']],
    ['two files', ['run', 'a.yaml', 'b.yaml']],
    ['an unknown flag', ['run', 'scenario.yaml', '--unknown']],
    ['a flag without its value', ['run', 'scenario.yaml', '-n']],
    ['a number that is none', ['run', 'scenario.yaml', '-n', 'ten']],
    ['an unknown command', ['measure']],
    ['nothing at all', []],
    ['a file that cannot be written', ['run', 'scenario.yaml', '--export-json', 'missing/report.json']],
    ['a folder that cannot be made', ['run', 'scenario.yaml', '--reports', 'scenario.yaml']],
    ['a folder where none can be made', ['run', 'scenario.yaml', '--reports', '/proc/reports/of']],
    ['an unknown flag of ab', ['ab', '-Q', 'http://127.0.0.1/']],
    ['no URL for ab', ['ab', '-n', '5']],
    ['a file of ab that cannot be written', ['ab', '-e', 'missing/e.csv', 'http://127.0.0.1:1/']],
  ])('2 for %s, before anything is sent', async (_, args) => {
    workplace.write('scenario.yaml', `${target}\n${ten}`);
    const { code, stdout, stderr } = await workplace.lbbench(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toBe('');
    expect(stderr).not.toMatch(/^ +at /m);
  });
});

describe('a limit of the machine', () => {
  it('is told with what to do about it, and what could be measured is reported', async () => {
    workplace.write(
      'scenario.yaml',
      `${target}\nload: { requests: 600, concurrency: 300 }\nallowErrors: true`,
    );
    const { code, stdout } = await workplace.shell('ulimit -n 200; $LBBENCH run scenario.yaml');
    expect(code).toBe(0);
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /\d+ × lbbench may not open more files; raise the limit with ulimit -n/,
    );
  });
});

describe('lbbench ab ends with', () => {
  it('0 when it got responses, of whatever status', async () => {
    const { code } = await workplace.lbbench(['ab', '-n', '3', `${target.replace('target: ', '')}/`]);
    expect(code).toBe(0);
  });

  it('3 when it got none, and prints the report', async () => {
    const [port] = await freePorts(1);
    const { code, stdout, stderr } = await workplace.lbbench(['ab', '-n', '5', `http://127.0.0.1:${port}/`]);
    expect(code).toBe(3);
    expect(stdout).toMatch(
      /^Failed requests: +5\n {3}\(Connect: 5, Receive: 0, Length: 0, Exceptions: 0\)$/m,
    );
    expect(stderr).toContain(`5 × connection refused by 127.0.0.1:${port}`);
  });
});
